//! The vocabulary every other crate speaks: places in files, texts that may hold unknown pieces, the located
//! tree, the trust policy it lowers to, and the roles that carry one.
//!
//! Deliberately not here: any file format (inputs), any judgement (decide, rules), any access to the disk (the
//! binary hands a [`Loader`] to the [`SourceMap`]).

mod decoded;
mod directive;
mod input;
mod lower;
mod node;
mod pieces;
mod plain;
mod policy;
mod role;
mod source;
mod span;
mod text;
mod uri;

pub use decoded::{Decoded, DecodedBuilder, Origin, PLACEHOLDER};
pub use directive::{Directive, DirectiveKind};
pub use input::{Dialect, Embedded, EmbeddedFile, Input, Lowered, Place, Problem, Told, Unit, ZoneFact};
pub use lower::{Lowering, lower};
pub use node::{Assumption, Branch, Entry, List, Node, Object, OneOf, Standing, Value, branches};
pub use pieces::Pieces;
pub use plain::{is_hostile, plain};
pub use policy::{
    ActionSet, BaseOperator, Cloud, Condition, Effect, Operator, OperatorName, Principal, PrincipalKind,
    PrincipalSet, SetOperator, Statement, TrustPolicy, Values, Variant, Version,
};
pub use role::{Before, Breadth, Grant, Role, Subject, block};
pub use source::{LoadError, Loader, Position, ReadError, SourceMap, SourceText, Stream};
pub use span::{FileId, Located, Span};
pub use text::{Cause, Piece, Symbol, Text, Unknown};
pub use uri::encode_path;
