/// Which tasks belong together, for means: what the caller knows of benchmarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benchmark {
    /// `VTAB-1k`.
    pub name: String,
    /// Its groups, in the order of its paper.
    pub groups: Vec<TaskGroup>,
}

/// Tasks whose mean is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGroup {
    /// `Natural`.
    pub name: String,
    /// The tasks' names, in order.
    pub tasks: Vec<String>,
}

/// Benchmarks, and which of their tasks a name means.
pub struct Catalogue<'a> {
    /// The benchmarks.
    pub benchmarks: Vec<Benchmark>,
    /// The name that the benchmarks' lists have for a task that a plan or a run names.
    pub name: &'a dyn Fn(&str) -> Option<String>,
}

impl Catalogue<'_> {
    /// A task's name in the lists, or as it is.
    pub(super) fn known(&self, task: &str) -> String {
        (self.name)(task).unwrap_or_else(|| task.to_owned())
    }

    /// The benchmarks that any of `tasks` is of, and one more of what is in none. Tasks are those
    /// of `tasks`, in the benchmarks' order.
    pub(super) fn sorted(&self, tasks: &[&str]) -> Vec<Sorted> {
        let mut left: Vec<&str> = tasks.to_vec();
        let mut sorted = Vec::new();
        for benchmark in &self.benchmarks {
            let groups: Vec<SortedGroup> =
                benchmark.groups.iter().map(|group| self.take(group, &mut left)).collect();
            if groups.iter().any(|group| !group.tasks.is_empty()) {
                sorted.push(Sorted { name: benchmark.name.clone(), groups });
            }
        }
        if !left.is_empty() {
            let tasks: Vec<String> = left.iter().map(|&task| task.to_owned()).collect();
            let of = tasks.len();
            let group = SortedGroup { name: String::new(), tasks, of };
            sorted.push(Sorted { name: "Other tasks".to_owned(), groups: vec![group] });
        }
        sorted
    }

    fn take(&self, group: &TaskGroup, left: &mut Vec<&str>) -> SortedGroup {
        let mut tasks = Vec::new();
        for name in &group.tasks {
            let (these, others): (Vec<&str>, Vec<&str>) =
                left.iter().partition(|task| self.known(task) == *name);
            tasks.extend(these.into_iter().map(str::to_owned));
            *left = others;
        }
        SortedGroup { name: group.name.clone(), tasks, of: group.tasks.len() }
    }
}

/// A benchmark as far as it was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sorted {
    pub(super) name: String,
    pub(super) groups: Vec<SortedGroup>,
}

/// A group as far as it was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SortedGroup {
    pub(super) name: String,
    /// As the plan names them.
    pub(super) tasks: Vec<String>,
    /// Tasks that belong to it.
    pub(super) of: usize,
}

impl Sorted {
    /// All tasks, in order.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &String> {
        self.groups.iter().flat_map(|group| &group.tasks)
    }

    /// Tasks that belong to it.
    pub(super) fn of(&self) -> usize {
        self.groups.iter().map(|group| group.of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_find_their_group_under_any_name() {
        let group = |name: &str, tasks: &[&str]| TaskGroup {
            name: name.into(),
            tasks: tasks.iter().map(|&task| task.into()).collect(),
        };
        let groups = vec![group("Natural", &["cifar100", "dtd"]), group("Structured", &["kitti"])];
        let catalogue = Catalogue {
            benchmarks: vec![Benchmark { name: "VTAB-1k".into(), groups }],
            name: &|task| task.strip_prefix("vtab-").map(str::to_owned),
        };
        let sorted = catalogue.sorted(&["vtab-dtd", "fashion", "cifar100"]);
        assert_eq!(sorted.len(), 2);
        assert_eq!(sorted[0].groups[0].tasks, ["cifar100", "vtab-dtd"]);
        assert!(sorted[0].groups[1].tasks.is_empty());
        assert_eq!((sorted[0].of(), sorted[0].tasks().count()), (3, 2));
        assert_eq!((sorted[1].name.as_str(), sorted[1].of()), ("Other tasks", 1));
        assert_eq!(catalogue.sorted(&["fashion"]).len(), 1);
    }
}
