//! Terraform modules from text to roles.

#[cfg(test)]
mod bad;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod downloaded;
#[cfg(test)]
mod embedded;
#[cfg(test)]
mod evaluate;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod given;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traps;
