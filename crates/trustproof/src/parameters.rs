//! The values that `--parameter` and `--parameter-file` give to templates.
//!
//! A file that cannot be used ends the run: values that are passed over in silence would leave a template at its
//! defaults. Not here: the forms of such a file (`input-cloudformation`).

use input_cloudformation::Parameters;

use crate::args::Check;
use crate::complain;
use crate::file::open;

/// What the command line gives, the files first. `None` if a file cannot be used; the reason is told on standard
/// error.
pub(crate) fn given(check: &Check) -> Option<Parameters> {
    let mut parameters = Parameters::default();
    for path in &check.parameter_file {
        let text = match open(path) {
            Ok(named) => named.text,
            Err(message) => {
                complain(message);
                return None;
            }
        };
        if let Err(message) = parameters.read_file(&text) {
            complain(format_args!("`{}` holds no parameters: {message}", path.display()));
            return None;
        }
    }
    for (name, value) in &check.parameter {
        parameters.insert(name, value);
    }
    Some(parameters)
}
