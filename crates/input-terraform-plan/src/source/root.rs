//! Which directory holds the root module of a plan.
//!
//! Not here: directories outside of what the binary lets be read.

use std::collections::BTreeSet;

use input_terraform::join;
use model::{Node, Place, Problem, Role, SourceMap, Value};

use super::Search;
use crate::address;
use crate::resource::string;

/// How many directories are compared with a plan that lies elsewhere.
const MAX_COMPARED: usize = 2_000;

/// The directory, if one is found.
///
/// # Errors
/// The directory that the user names holds other code, or several directories hold the same.
pub(super) fn find(
    tree: &Node,
    roles: &[Role],
    search: Search<'_>,
    sources: &SourceMap,
) -> Result<Option<String>, Problem> {
    let wanted = blocks(tree, roles);
    if let Some(named) = search.named {
        let found = join::blocks(named, sources);
        if found.is_disjoint(&wanted) {
            let shown = if named.is_empty() { "." } else { named };
            let message = "holds none of the blocks of the plan, so findings point at the plan";
            return Err(Problem { relevant: false, ..Problem::relevant(Place::Path(shown.into()), message) });
        }
        return Ok(Some(named.to_owned()));
    }
    if wanted.is_empty() {
        return Ok(None);
    }
    // Beside the plan it may have changed a little more since: half of the blocks are enough.
    if let Some(beside) = search.beside
        && likeness(&join::blocks(beside, sources), &wanted) >= 0.5
    {
        return Ok(Some(beside.to_owned()));
    }
    let mut best: Vec<(f64, String)> = join::directories(sources)
        .into_iter()
        .take(MAX_COMPARED)
        .map(|directory| (likeness(&join::blocks(&directory, sources), &wanted), directory))
        .filter(|(likeness, _)| *likeness > 0.5)
        .collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    match best.as_slice() {
        [(first, one), (second, two), ..] if first == second => {
            let message =
                format!("`{one}` and `{two}` may both be the code of this plan; say which with --source");
            let place =
                roles.first().map_or(Place::Path(one.as_str().into()), |role| Place::File(role.span.file));
            Err(Problem { relevant: false, ..Problem::relevant(place, message) })
        }
        [(_, one), ..] => Ok(Some(one.clone())),
        [] => Ok(None),
    }
}

/// How much of two sets is in both, from 0 to 1; what a plan alone does not tell (`wanted` has only the kinds that
/// matter) does not count against the code.
fn likeness(code: &BTreeSet<String>, wanted: &BTreeSet<String>) -> f64 {
    let kinds: BTreeSet<&str> = wanted.iter().map(|block| kind(block)).collect();
    let code: BTreeSet<&String> = code.iter().filter(|block| kinds.contains(kind(block))).collect();
    let shared = wanted.iter().filter(|block| code.contains(block)).count();
    let all = code.len() + wanted.len() - shared;
    if all == 0 { 0.0 } else { ratio(shared, all) }
}

fn ratio(part: usize, all: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    number(part) / number(all)
}

/// `aws_iam_role` of `aws_iam_role.x`, `data.x` of `data.x.y`.
fn kind(block: &str) -> &str {
    block.rsplit_once('.').map_or(block, |(kind, _)| kind)
}

/// The blocks of the root module that the plan tells of: by its configuration, else by what it makes.
fn blocks(tree: &Node, roles: &[Role]) -> BTreeSet<String> {
    let root = tree.get("configuration").and_then(|configuration| configuration.get("root_module"));
    let mut blocks = BTreeSet::new();
    if let Some(Value::List(resources)) = root.and_then(|root| root.get("resources")).map(|r| &r.value) {
        blocks.extend(
            resources.items.iter().filter_map(|r| r.get("address")).filter_map(string).map(str::to_owned),
        );
    }
    if let Some(Value::Object(calls)) = root.and_then(|root| root.get("module_calls")).map(|c| &c.value) {
        let names = calls.entries.iter().filter_map(|call| call.key.value.as_str());
        blocks.extend(names.map(|name| format!("module.{name}")));
    }
    if root.is_none() {
        blocks.extend(roles.iter().filter_map(|role| {
            let block = model::block(&role.address);
            match address::module_of(&role.address)?.first() {
                Some(module) => Some(format!("module.{module}")),
                None => Some(block),
            }
        }));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(blocks: &[&str]) -> BTreeSet<String> {
        blocks.iter().map(|block| (*block).to_owned()).collect()
    }

    #[test]
    fn other_kinds_of_blocks_do_not_matter() {
        let wanted = set(&["aws_iam_role.a", "module.m"]);
        assert_eq!(likeness(&set(&["aws_iam_role.a", "module.m", "aws_s3_bucket.b"]), &wanted), 1.0);
        assert_eq!(likeness(&set(&["aws_iam_role.a", "aws_iam_role.c"]), &wanted), 1.0 / 3.0);
        assert_eq!(likeness(&set(&[]), &set(&[])), 0.0);
    }
}
