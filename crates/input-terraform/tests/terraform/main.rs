//! Terraform modules from text to roles.

#[cfg(test)]
mod documents;
mod downloaded;
#[cfg(test)]
mod embedded;
mod evaluate;
mod given;
#[cfg(test)]
mod grants;
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
