//! Kubernetes: an Indexed Job per stage, an index per trial.

use std::path::PathBuf;

use provpt_runs::sweep::Stage;

use super::{passes, stage_name, threads};
use crate::Sweep;

/// How a sweep is to run on Kubernetes.
#[derive(Debug, Clone, Default)]
pub struct Kubernetes {
    /// The container image that has the program.
    pub image: String,
    /// The volume claim that holds the current folder, and the sweep in it.
    pub claim: String,
    /// The sweep's folder, relative to the current one.
    pub folder: PathBuf,
    /// Pods at once.
    pub parallel: usize,
}

impl Kubernetes {
    /// The manifest, YAML. Jobs of Kubernetes cannot depend on others: all but the first are
    /// suspended, and say how to go on.
    pub fn manifest(&self, sweep: &Sweep) -> String {
        let mut jobs = Vec::new();
        for stage in [Stage::Grid, Stage::Final] {
            let trials = sweep.stage(Some(stage)).len();
            let passes = passes(sweep, stage);
            for pass in (1..=passes).filter(|_| trials > 0) {
                let pass = (passes > 1).then_some(pass);
                jobs.push(self.job(sweep, stage, pass, trials, jobs.len()));
            }
        }
        jobs.join("---\n")
    }

    fn job(
        &self,
        sweep: &Sweep,
        stage: Stage,
        pass: Option<usize>,
        trials: usize,
        before: usize,
    ) -> String {
        let stage = stage_name(stage);
        let pass = pass.map(|pass| format!("-{pass}")).unwrap_or_default();
        let name = format!("{}-{stage}{pass}", label(&sweep.info.name));
        let suspended = if before == 0 { "" } else { &suspended(&name) };
        let (parallel, cpus) = (self.parallel.clamp(1, trials), threads(sweep));
        let command = ["provpt", "sweep", "worker", &self.folder.display().to_string(), "--stage"];
        let command = command.into_iter().chain([stage]);
        let command: Vec<String> = command.map(|word| format!("{word:?}")).collect();
        let command = command.join(", ");
        let (image, claim) = (&self.image, &self.claim);
        format!(
            r#"apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
spec:
{suspended}  completionMode: Indexed
  completions: {trials}
  parallelism: {parallel}
  backoffLimitPerIndex: 3
  maxFailedIndexes: {trials}
  podFailurePolicy:
    rules:
      # Evicted: not the trial's fault, and it goes on from its checkpoint.
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
      # The trial failed; its reason is in the sweep's folder.
      - action: FailIndex
        onExitCodes:
          operator: In
          values: [1, 2]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: worker
          image: {image:?}
          # The trial is JOB_COMPLETION_INDEX.
          command: [{command}]
          workingDir: /work
          resources:
            requests:
              cpu: "{cpus}"
          volumeMounts:
            - name: work
              mountPath: /work
      volumes:
        - name: work
          persistentVolumeClaim:
            claimName: {claim:?}
"#
        )
    }
}

fn suspended(name: &str) -> String {
    format!(
        "  # Once the job before has ended:\n  \
         # kubectl patch job {name} --type=merge -p '{{\"spec\":{{\"suspend\":false}}}}'\n  \
         suspend: true\n"
    )
}

/// A name as Kubernetes takes it: lower-case letters, digits and hyphens, 40 at most so that more
/// can follow.
fn label(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().take(40).map(letter).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "sweep".to_owned() } else { name.to_owned() }
}
