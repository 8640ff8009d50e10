//! The program as its users meet it: commands in, text, files and exit codes out.
// Clippy's permission to unwrap in tests ends at their helper functions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod activations;
mod alone;
mod brought;
mod common;
mod comparisons;
mod configurations;
mod data_check;
mod data_convert;
mod data_list;
mod data_show;
mod demo;
mod devices;
mod doctor;
mod features;
mod kept;
mod lost;
mod merged;
mod mistakes;
mod mistakes_in_backbones;
mod mistakes_in_data;
mod odd_paths;
mod other_tasks;
mod own_images;
mod pages;
mod photos;
mod pipes;
mod precision;
mod results;
mod resume;
mod runs;
mod sides;
mod stop;
mod sweep_plan;
mod sweep_run;
mod sweep_worker;
mod swin;
mod told;
mod train;
#[cfg(feature = "watch")]
mod watch;
mod weights;
mod written;
