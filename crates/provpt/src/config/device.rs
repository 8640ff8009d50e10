//! `device`: where the backbone is computed.

use provpt_vit::Device;
use toml::Value;

use super::rule::Rule;
use super::typed::Typed;

impl Typed for Device {
    fn accepts(_: &Rule) -> String {
        "one of cpu, gpu, gpu:0, gpu:1, ..., auto".to_owned()
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        value.as_str()?.to_lowercase().parse().ok()
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.to_string())
    }
}
