//! Recorded plans and states, read with their code. Each directory under `data` holds what Terraform made, beside the
//! code that it was made from.

use std::fs;
use std::path::{Path, PathBuf};

use input_terraform::TerraformInput;
use model::{Input, LoadError, Loader, Lowered, Role, SourceMap, Subject, Unit};
use trustproof_input_terraform_plan::PlanInput;

/// Every recorded plan and state, by its path under `data`.
pub(crate) const RECORDED: [&str; 8] = [
    "attached/plan.json",
    "changes/after/after.json",
    "changes/after/after.tfstate",
    "changes/plan.json",
    "deferred/plan.json",
    "moves/plan.json",
    "nested/plan.json",
    "outputs/plan.json",
];

/// The tree under `data`, with nothing beyond it.
pub(crate) struct Disk(pub(crate) PathBuf);

impl Loader for Disk {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        fs::read(self.0.join(path)).map_err(|error| LoadError(error.to_string()))
    }

    fn admits(&self, path: &str) -> bool {
        self.0.join(path).is_file()
    }

    fn list(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(dir)).into_iter().flatten().flatten();
        entries.filter(|e| e.path().is_file()).filter_map(|e| e.file_name().into_string().ok()).collect()
    }
}

pub(crate) struct Read {
    pub(crate) sources: SourceMap,
    pub(crate) plan: Lowered,
    /// What the code of the same root module says by itself.
    pub(crate) code: Lowered,
}

pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// All files of a recording with its code.
pub(crate) fn files(recorded: &str) -> Vec<String> {
    fn walk(dir: &Path, base: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, base, out);
            } else if path.extension().is_some_and(|e| e == "tf") {
                out.push(path.strip_prefix(base).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut out = vec![recorded.to_owned()];
    walk(&data().join(recorded.split('/').next().unwrap()), &data(), &mut out);
    out
}

pub(crate) fn read(recorded: &str) -> Read {
    let sources = SourceMap::new(files(recorded), Box::new(Disk(data())));
    let plan = sources.open(recorded).unwrap();
    let plan = PlanInput::default().read(&Unit { files: vec![plan] }, &sources);
    let code: Vec<_> = sources.ids().filter(|id| sources.path(*id).ends_with(".tf")).collect();
    let terraform = TerraformInput::default();
    let mut lowered = Lowered::default();
    for unit in terraform.units(&code, &sources) {
        lowered.subjects.extend(terraform.read(&unit, &sources).subjects);
    }
    Read { sources, plan, code: lowered }
}

pub(crate) fn roles(lowered: &Lowered) -> Vec<&Role> {
    lowered.subjects.iter().map(|Subject::Role(role)| &**role).collect()
}

pub(crate) fn role<'l>(lowered: &'l Lowered, address: &str) -> &'l Role {
    let found = roles(lowered).into_iter().find(|role| &*role.address == address);
    found.unwrap_or_else(|| panic!("no {address} among {:?}", addresses(lowered)))
}

pub(crate) fn addresses(lowered: &Lowered) -> Vec<String> {
    roles(lowered).iter().map(|role| role.address.to_string()).collect()
}
