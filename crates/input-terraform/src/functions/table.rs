//! The table of functions.
//!
//! What each takes is what `terraform metadata functions -json` of version 1.11 says.

use super::Parameter::{Any, List, ListOfBool, ListOfStr, MapOfLists, Nullable, Number, Set, Str};
use super::{
    Args, Builtin, Outcome, Parameter, collection, convert, encoding, file, format, hash, ip, number,
    pattern, set, text, time, yaml,
};

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    TABLE.binary_search_by(|b| b.name.cmp(name)).ok().and_then(|index| TABLE.get(index))
}

const fn fixed(
    name: &'static str,
    parameters: &'static [Parameter],
    run: fn(&Args<'_, '_>) -> Outcome,
) -> Builtin {
    Builtin { name, parameters, rest: None, run }
}

const fn open(
    name: &'static str,
    parameters: &'static [Parameter],
    rest: Parameter,
    run: fn(&Args<'_, '_>) -> Outcome,
) -> Builtin {
    Builtin { name, parameters, rest: Some(rest), run }
}

/// In the order of their names.
static TABLE: &[Builtin] = &[
    fixed("abs", &[Number], number::abs),
    fixed("abspath", &[Str], convert::unsupported),
    fixed("alltrue", &[ListOfBool], collection::alltrue),
    fixed("anytrue", &[ListOfBool], collection::anytrue),
    fixed("base64decode", &[Str], encoding::base64decode),
    fixed("base64encode", &[Str], encoding::base64encode),
    fixed("base64gzip", &[Str], convert::unsupported),
    fixed("base64sha256", &[Str], hash::base64sha256),
    fixed("base64sha512", &[Str], hash::base64sha512),
    fixed("basename", &[Str], text::basename),
    open("bcrypt", &[Str], Number, convert::generated),
    fixed("can", &[Any], convert::can),
    fixed("ceil", &[Number], number::ceil),
    fixed("chomp", &[Str], text::chomp),
    fixed("chunklist", &[List, Number], collection::chunklist),
    fixed("cidrhost", &[Str, Number], ip::cidrhost),
    fixed("cidrnetmask", &[Str], ip::cidrnetmask),
    fixed("cidrsubnet", &[Str, Number, Number], ip::cidrsubnet),
    open("cidrsubnets", &[Str], Number, ip::cidrsubnets),
    open("coalesce", &[], Nullable, convert::coalesce),
    open("coalescelist", &[], Any, collection::coalescelist),
    fixed("compact", &[ListOfStr], collection::compact),
    open("concat", &[], Any, collection::concat),
    fixed("contains", &[Any, Any], collection::contains),
    fixed("csvdecode", &[Str], encoding::csvdecode),
    fixed("dirname", &[Str], text::dirname),
    fixed("distinct", &[List], collection::distinct),
    fixed("element", &[Any, Number], collection::element),
    fixed("endswith", &[Str, Str], text::endswith),
    fixed("ephemeralasnull", &[Nullable], convert::same),
    fixed("file", &[Str], file::file),
    fixed("filebase64", &[Str], file::filebase64),
    fixed("filebase64sha256", &[Str], hash::filebase64sha256),
    fixed("filebase64sha512", &[Str], hash::filebase64sha512),
    fixed("fileexists", &[Str], file::fileexists),
    fixed("filemd5", &[Str], hash::filemd5),
    fixed("fileset", &[Str, Str], file::fileset),
    fixed("filesha1", &[Str], hash::filesha1),
    fixed("filesha256", &[Str], hash::filesha256),
    fixed("filesha512", &[Str], hash::filesha512),
    fixed("flatten", &[Any], collection::flatten),
    fixed("floor", &[Number], number::floor),
    open("format", &[Str], Nullable, format::format),
    fixed("formatdate", &[Str, Str], time::formatdate),
    open("formatlist", &[Str], Nullable, format::formatlist),
    fixed("indent", &[Number, Str], text::indent),
    fixed("index", &[Any, Any], collection::index),
    fixed("issensitive", &[Nullable], convert::issensitive),
    open("join", &[Str], ListOfStr, text::join),
    fixed("jsondecode", &[Str], encoding::jsondecode),
    fixed("jsonencode", &[Nullable], encoding::jsonencode),
    fixed("keys", &[Any], collection::keys),
    fixed("length", &[Any], collection::length),
    fixed("log", &[Number, Number], number::log),
    open("lookup", &[Any, Str], Nullable, collection::lookup),
    fixed("lower", &[Str], text::lower),
    fixed("matchkeys", &[List, List, List], set::matchkeys),
    open("max", &[], Number, number::max),
    fixed("md5", &[Str], hash::md5),
    open("merge", &[], Nullable, collection::merge),
    open("min", &[], Number, number::min),
    fixed("nonsensitive", &[Nullable], convert::same),
    fixed("one", &[Any], collection::one),
    fixed("parseint", &[Any, Number], number::parseint),
    fixed("pathexpand", &[Str], text::pathexpand),
    fixed("plantimestamp", &[], convert::unsupported),
    fixed("pow", &[Number, Number], number::pow),
    open("range", &[], Number, number::range),
    fixed("regex", &[Str, Str], pattern::regex),
    fixed("regexall", &[Str, Str], pattern::regexall),
    fixed("replace", &[Str, Str, Str], text::replace),
    fixed("reverse", &[Any], collection::reverse),
    fixed("rsadecrypt", &[Str, Str], convert::unsupported),
    fixed("sensitive", &[Nullable], convert::sensitive),
    open("setintersection", &[Set], Set, set::setintersection),
    open("setproduct", &[], Any, set::setproduct),
    fixed("setsubtract", &[Set, Set], set::setsubtract),
    open("setunion", &[Set], Set, set::setunion),
    fixed("sha1", &[Str], hash::sha1),
    fixed("sha256", &[Str], hash::sha256),
    fixed("sha512", &[Str], hash::sha512),
    fixed("signum", &[Number], number::signum),
    fixed("slice", &[Any, Number, Number], collection::slice),
    fixed("sort", &[ListOfStr], collection::sort),
    fixed("split", &[Str, Str], text::split),
    fixed("startswith", &[Str, Str], text::startswith),
    fixed("strcontains", &[Str, Str], text::strcontains),
    fixed("strrev", &[Str], text::strrev),
    fixed("substr", &[Str, Number, Number], text::substr),
    fixed("sum", &[Any], number::sum),
    fixed("templatefile", &[Str, Any], file::templatefile),
    fixed("templatestring", &[Str, Any], file::templatestring),
    fixed("textdecodebase64", &[Str, Str], encoding::textdecodebase64),
    fixed("textencodebase64", &[Str, Str], encoding::textencodebase64),
    fixed("timeadd", &[Str, Str], time::timeadd),
    fixed("timecmp", &[Str, Str], time::timecmp),
    fixed("timestamp", &[], convert::unsupported),
    fixed("title", &[Str], text::title),
    fixed("tobool", &[Nullable], convert::tobool),
    fixed("tolist", &[Nullable], convert::tolist),
    fixed("tomap", &[Nullable], convert::tomap),
    fixed("tonumber", &[Nullable], convert::tonumber),
    fixed("toset", &[Nullable], convert::toset),
    fixed("tostring", &[Nullable], convert::tostring),
    fixed("transpose", &[MapOfLists], set::transpose),
    fixed("trim", &[Str, Str], text::trim),
    fixed("trimprefix", &[Str, Str], text::trimprefix),
    fixed("trimspace", &[Str], text::trimspace),
    fixed("trimsuffix", &[Str, Str], text::trimsuffix),
    open("try", &[], Nullable, convert::first_good),
    fixed("upper", &[Str], text::upper),
    fixed("urlencode", &[Str], encoding::urlencode),
    fixed("uuid", &[], convert::generated),
    fixed("uuidv5", &[Str, Str], hash::uuidv5),
    fixed("values", &[Any], collection::values),
    fixed("yamldecode", &[Str], yaml::yamldecode),
    fixed("yamlencode", &[Nullable], yaml::yamlencode),
    fixed("zipmap", &[ListOfStr, Any], set::zipmap),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_complete() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(TABLE.len(), 118);
    }
}
