//! The plan's files.

use provpt_runs::atomic;
use provpt_runs::sweep::{Plan, SweepFolder, SweepInfo};

use crate::{Error, Spec};

/// Writes them, the plan last; or, where there is a plan, sees that it is the same.
pub(super) fn store(
    spec: &Spec,
    folder: &SweepFolder,
    info: &SweepInfo,
    plan: &Plan,
) -> Result<(), Error> {
    if folder.plan().exists() {
        return same(folder, info, plan);
    }
    atomic::create_parent(&folder.plan())?;
    atomic::write(&folder.spec(), spec.text.as_bytes())?;
    info.store(&folder.info())?;
    Ok(plan.store(&folder.plan())?)
}

/// Trials must be the very same; the program may be another version.
fn same(folder: &SweepFolder, info: &SweepInfo, plan: &Plan) -> Result<(), Error> {
    let other = |what| Error::OtherPlan { path: folder.plan(), what };
    if Plan::load(&folder.plan())? != *plan {
        return Err(other("trials"));
    }
    let there = SweepInfo::load(&folder.info())?;
    if (SweepInfo { version: info.version.clone(), ..there }) != *info {
        return Err(other("name, protocol, keys and halving"));
    }
    Ok(())
}
