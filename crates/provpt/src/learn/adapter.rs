//! The adapter: all that a run learns, in about a megabyte, and what it belongs to.

use std::path::Path;

use provpt_vit::{Architecture, Backbone, Prompts, Tuned, Weight};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::form::PromptForm;
use crate::learn::head::{self, Head};
use crate::learn::network::NetworkRecord;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::preprocessing::PreprocessRecord;
use crate::learn::set::Param;
use crate::learn::tensors::{BLOCK_OF, TensorReader, TensorWriter};

const CONFIG: &str = "adapter_config.json";
const MODEL: &str = "adapter_model.safetensors";

/// `adapter_config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterConfig {
    /// Version of the program that wrote it.
    pub provpt_version: String,
    /// `linear`, `vpt-shallow`, `vpt-deep`, `pro-vpt-ppo`, ...
    pub method: String,
    /// Name of the backbone.
    pub backbone: String,
    /// SHA-256 of the backbone's file.
    pub backbone_sha256: String,
    /// What the backbone computes, where that is not what a registered model of its name does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// Name of the network that learned beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Whether prompts are tokens through all blocks rather than keys and values of one.
    pub shallow: bool,
    /// What else is to be known of prompts that are not like most.
    #[serde(default, skip_serializing_if = "PromptForm::is_plain")]
    pub prompts: PromptForm,
    /// Names of the arrays that stand in the place of the backbone's own, by timm's keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thawed: Vec<String>,
    /// Name of the task.
    pub task: String,
    /// Class names in the order of the head's rows.
    pub classes: Vec<String>,
    /// What images go through before the backbone sees them.
    pub preprocessing: PreprocessRecord,
}

/// What a run learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// What it belongs to.
    pub config: AdapterConfig,
    /// Learned arrays and where the prompts among them live.
    pub parameters: Parameters,
}

impl Adapter {
    /// Writes both files into `folder`, each by rename.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn store(&self, folder: &Path) -> Result<(), Error> {
        let tensors = TensorWriter::default().parameters(&self.parameters);
        provpt_runs::atomic::create_parent(&folder.join(MODEL))?;
        provpt_runs::atomic::write(&folder.join(MODEL), &tensors.bytes()?)?;
        provpt_runs::atomic::write_json(&folder.join(CONFIG), &self.config)?;
        Ok(())
    }

    /// Whether a folder has an adapter, whole or not.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(CONFIG).is_file()
    }

    /// Whether a folder has both files of an adapter.
    pub(crate) fn is_whole_in(folder: &Path) -> bool {
        Self::is_in(folder) && folder.join(MODEL).is_file()
    }

    /// Reads an adapter and checks that it belongs to this backbone.
    ///
    /// # Errors
    /// A file is missing or damaged, or the adapter was learned on another backbone.
    pub fn load(folder: &Path, backbone: &Backbone) -> Result<Self, Error> {
        let config = AdapterConfig::load(folder)?;
        config.belongs_to(&folder.join(CONFIG), &backbone.architecture, &backbone.sha256)?;
        let path = folder.join(MODEL);
        let bytes = fs_err::read(&path)?;
        let tensors = TensorReader::new(&path, &bytes)?;
        let parameters = parameters(&config, backbone, &tensors)?;
        Ok(Self { config, parameters })
    }
}

/// The arrays of an adapter's file, checked against what they are to fit.
fn parameters(
    config: &AdapterConfig,
    backbone: &Backbone,
    tensors: &TensorReader<'_>,
) -> Result<Parameters, Error> {
    let architecture = &backbone.architecture;
    let (weight, bias) = (tensors.f32(head::WEIGHT)?, tensors.f32(head::BIAS)?);
    let classes = config.classes.len();
    let expected = classes * architecture.width;
    if bias.len() != classes || weight.len() != expected {
        let got = weight.len();
        return Err(Error::AdapterShape { what: head::WEIGHT, expected, got });
    }
    let mut head = hidden(architecture.width, tensors)?;
    head.extend(Head::arrays(classes, weight, bias));
    let thawed = thawed(&config.thawed, architecture, tensors)?;
    let has_prompts = tensors.has(BLOCK_OF);
    let bank = has_prompts.then(|| prompts(config, backbone, tensors));
    let (bank, prompts) = bank.transpose()?.unzip();
    let prompts = prompts.into_iter().flatten();
    Ok(Parameters { set: prompts.chain(thawed).chain(head).collect(), bank })
}

/// The prompts, and the arrays that they are made of.
fn prompts(
    config: &AdapterConfig,
    backbone: &Backbone,
    tensors: &TensorReader<'_>,
) -> Result<(PromptBank, Vec<Param>), Error> {
    let (form, block_of) = (&config.prompts, tensors.usize(BLOCK_OF)?);
    let architecture = &backbone.architecture;
    PromptBank::check_blocks(architecture, &block_of)?;
    let all = block_of.len();
    let rows = match form.shared {
        true => tensors.shape(PROMPTS)?.first().copied().filter(|&rows| divides(rows, all)),
        false => None,
    };
    let placement = form.placement(!config.shallow);
    let made = (form, form.making(backbone)?);
    let bank = PromptBank::of_form(architecture, placement, block_of, made);
    let read = |(name, shape): (String, Vec<usize>)| {
        let (values, expected) = (tensors.f32(&name)?, shape.iter().product());
        if values.len() != expected {
            return Err(Error::AdapterShape { what: PROMPTS, expected, got: values.len() });
        }
        Ok(Param::new(&name, &shape, values))
    };
    let arrays = bank.arrays(form, architecture, rows.unwrap_or(all)).into_iter();
    let params = arrays.map(read).collect::<Result<_, _>>()?;
    Ok((bank, params))
}

fn divides(part: usize, whole: usize) -> bool {
    part > 0 && whole.is_multiple_of(part)
}

/// The arrays of hidden layers, as many as there are.
fn hidden(width: usize, tensors: &TensorReader<'_>) -> Result<Vec<Param>, Error> {
    let layers = (0..).map(|layer| Head::hidden_arrays(layer, width));
    let layers = layers.take_while(|arrays| tensors.has(&arrays[0].0));
    let read = |(name, shape, learns): (String, Vec<usize>, bool)| {
        let (values, expected) = (tensors.f32(&name)?, shape.iter().product::<usize>());
        if values.len() != expected {
            let got = values.len();
            return Err(tensors.fault(&format!("{name}: expected {expected} values, got {got}")));
        }
        Ok(Param::new(&name, &shape, values).learning(learns))
    };
    layers.flatten().map(read).collect()
}

/// The arrays in the place of the backbone's own, if the backbone has such arrays.
fn thawed(
    names: &[String],
    architecture: &Architecture,
    tensors: &TensorReader<'_>,
) -> Result<Vec<Param>, Error> {
    let read = |name: &String| Ok(Param::new(name, &tensors.shape(name)?, tensors.f32(name)?));
    let params = names.iter().map(read).collect::<Result<Vec<Param>, Error>>()?;
    let weights: Vec<Weight<'_>> =
        params.iter().map(|Param { name, values, .. }| Weight { name, values }).collect();
    match (Tuned { prompts: Prompts::NONE, weights: &weights }).last_entry(architecture) {
        Ok(_) => Ok(params),
        Err(fault) => Err(tensors.fault(&fault.to_string())),
    }
}

/// Refuses sizes that would be found out only when there is no memory left for an image.
fn fits(record: &PreprocessRecord, architecture: &Architecture) -> Result<(), Error> {
    const MAX_RESIZE: usize = 20_000;
    let (expected, got) = (architecture.image_size, record.size);
    if got != expected {
        return Err(Error::AdapterShape { what: "preprocessing.size", expected, got });
    }
    match record.resize_short {
        Some(got) if !(expected..=MAX_RESIZE).contains(&got) => {
            Err(Error::AdapterShape { what: "preprocessing.resize_short", expected, got })
        }
        _ => Ok(()),
    }
}

impl AdapterConfig {
    /// Checks that this is the backbone that the adapter was learned on; `path` is named otherwise.
    pub(crate) fn belongs_to(
        &self,
        path: &Path,
        architecture: &Architecture,
        sha256: &str,
    ) -> Result<(), Error> {
        if self.backbone_sha256 != sha256 {
            return Err(Error::OtherBackbone {
                path: path.to_owned(),
                backbone: self.backbone.clone(),
                expected: self.backbone_sha256.clone(),
                got: sha256.to_owned(),
            });
        }
        if let Some(network) = &self.network {
            network.belongs_to(path, architecture)?;
        }
        fits(&self.preprocessing, architecture)
    }

    /// Reads `adapter_config.json` alone.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(CONFIG);
        let text = fs_err::read_to_string(&path)?;
        serde_json::from_str(&text).map_err(|error| Error::damaged(&path, error.to_string()))
    }
}
