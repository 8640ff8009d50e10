//! What a checkpoint is, for programs.

use provpt_vit::weights::Inspection;
use provpt_vit::{Backbone, Error as VitError, Pooling};
use serde_json::{Value, json};

pub(super) fn described(inspection: &Inspection) -> Value {
    let outcome = match &inspection.backbone {
        Ok(backbone) => used(backbone),
        Err(error) => refused(error),
    };
    let mut all = json!({
        "path": inspection.path.display().to_string(),
        "format": inspection.format.to_string(),
        "sha256": inspection.sha256,
        "dtypes": inspection.dtypes,
        "file_parameters": inspection.parameters,
        "metadata": inspection.metadata,
    });
    if let (Value::Object(all), Value::Object(outcome)) = (&mut all, outcome) {
        all.extend(outcome);
    }
    all
}

fn used(backbone: &Backbone) -> Value {
    let (a, report) = (&backbone.architecture, &backbone.report);
    let findings = report.findings.iter();
    let findings = findings.map(|f| json!({"what": f.what, "value": f.value, "why": f.because}));
    let mut all = json!({
        "backbone": true,
        "name": backbone.name,
        "naming": report.naming.to_string(),
        "prefix": report.prefix,
        "parameters": backbone.tensors.values().map(|tensor| tensor.data.len()).sum::<usize>(),
        "architecture": {
            "image_size": a.image_size,
            "patch_size": a.patch_size,
            "width": a.width,
            "depth": a.depth,
            "heads": a.heads,
            "mlp_width": a.mlp_width,
            "mlp": a.mlp,
            "cls_token": a.cls_token,
            "registers": a.registers,
            "position": a.position,
            "qkv_bias": a.qkv_bias,
            "norm_eps": a.norm_eps,
            "layer_scale": a.layer_scale,
            "pooling": match a.pooling {
                Pooling::Cls => "cls",
                Pooling::Mean => "mean",
            },
            "tokens": a.tokens(),
        },
        "heads_assumed": report.heads_guess.is_some(),
        "resampled": report.resampled.map(|r| {
            json!({"from": r.from, "to": r.to, "method": r.method.to_string()})
        }),
        "preprocessing": {
            "mean": backbone.preprocessing.mean,
            "std": backbone.preprocessing.std,
            "interpolation": backbone.preprocessing.interpolation.as_str(),
            "by": report.pixels.to_string(),
            "assumed": report.pixels.is_assumed(),
        },
        "dropped": report.dropped,
        "findings": findings.collect::<Vec<_>>(),
    });
    if let Some(stages) = a.stages {
        let (blocks, heads, window) = (stages.blocks(), stages.heads(), stages.window());
        all["architecture"]["stages"] = json!({"blocks": blocks, "heads": heads, "window": window});
    }
    all
}

fn refused(error: &VitError) -> Value {
    let mut said = json!({"backbone": false, "error": error.to_string()});
    if let VitError::Tensors { mismatch, .. } = error {
        let wrong = mismatch.wrong_shape.iter();
        let wrong = wrong.map(|w| json!({"name": w.name, "expected": w.expected, "got": w.got}));
        said["missing"] = json!(mismatch.missing);
        said["unexpected"] = json!(mismatch.unexpected);
        said["wrong_shape"] = wrong.collect();
    }
    said
}
