//! `settings`: list, get, set, reset (row E7).

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::SettingsCommand;
use crate::out::Out;
use crate::words;
use tidemark_host::Host;
use tidemark_host::settings::SettingFault;
use tidemark_model::sync_settings::{SettingSource, SettingView};

pub async fn perform(command: &SettingsCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        SettingsCommand::List => {
            let views = host.setting_views()?;
            match out.is_json() {
                true => views.iter().for_each(|view| out.say(view, String::new)),
                false => out.say(&(), || table(&views)),
            }
        }
        SettingsCommand::Get { key } => {
            let view = host.setting_views()?.into_iter().find(|view| view.key == *key);
            let unknown = || tidemark_host::HostError::from(SettingFault::Unknown { key: key.clone() });
            let view = view.ok_or_else(unknown)?;
            out.say(&view, || view.value.0.to_string());
        }
        SettingsCommand::Set { key, value } => told(out, &host.set_setting(key, Some(value)).await?),
        SettingsCommand::Reset { key } => told(out, &host.set_setting(key, None).await?),
    }
    Ok(Exit::Done)
}

fn told(out: &Out, view: &SettingView) {
    out.say(view, || format!("{} is {}{} now.", view.key, view.value.0, view.unit.words()));
}

fn table(views: &[SettingView]) -> String {
    let row = |view: &SettingView| {
        let source = match view.source {
            SettingSource::Default => "default",
            SettingSource::File => "settings.json",
            SettingSource::Environment => view.variable.as_str(),
        };
        let value = format!("{}{}", view.value.0, view.unit.words());
        let range = format!("{} to {}", view.from.0, view.upto.0);
        vec![view.key.clone(), value, view.default.0.to_string(), range, source.to_owned()]
    };
    words::table(
        &["Setting", "Value", "Default", "Accepted", "Set by"],
        &views.iter().map(row).collect::<Vec<_>>(),
    )
}
