//! Links as people add, change and remove them.

use crate::faults::HostError;
use crate::host::Host;
use crate::registry::{of_draft, of_link};
use crate::vault::{Owner, secret_variable};
use tidemark_connectors::Secret;
use tidemark_engine::{LinkDraft, LinkRow};
use tidemark_model::connector::Discovered;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::settings::{CollectionSettings, LinkSettings};
use tidemark_model::view::{AddedLink, Discovery, NewLink, RemovedLink};
use zeroize::Zeroizing;

/// The longest name of a link.
const LONGEST_NAME: usize = 100;

/// Which collections of a server a new link keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those named; else those of the settings; else the addition is refused with what is on offer.
    Chosen,
    /// The same, but everything on offer where nothing is named.
    EverythingOnOffer,
}

impl Host {
    /// What a server offers, before a link is added; nothing is stored.
    pub async fn discover(
        &self,
        kind: &str,
        url: &str,
        user: Option<String>,
        secret: Option<String>,
        settings: Option<&str>,
    ) -> Result<Discovery, HostError> {
        let settings = parse_settings(settings)?;
        let owner = Owner { link: "", user: user.as_deref(), url: url.trim() };
        if let Some(secret) = &secret {
            self.vault.hide(&owner, secret);
        }
        let (connector, _) = of_draft(&self.vault, kind, &owner, settings, secret.map(Secret::new))?;
        let failed = |failure| HostError::Server { url: url.trim().to_owned(), failure };
        let software = connector.check().await.map_err(failed)?.software;
        let collections = connector.discover().await.map_err(failed)?;
        Ok(Discovery { kind: kind.to_owned(), software, collections })
    }

    /// Adds a link with the collections that it names, else those of its settings.
    ///
    /// Errors: the address, the name or the settings cannot be used; the server refuses the account, or has no such
    /// collection. A server that is away is no hindrance where the collections are named.
    pub async fn add_link(&self, new: NewLink) -> Result<AddedLink, HostError> {
        self.add(new, Keep::Chosen).await
    }

    /// The same, and keeps everything on offer where nothing is named.
    pub async fn add_link_with_everything(&self, new: NewLink) -> Result<AddedLink, HostError> {
        self.add(new, Keep::EverythingOnOffer).await
    }

    async fn add(&self, new: NewLink, keep: Keep) -> Result<AddedLink, HostError> {
        let name = new.name.trim().to_owned();
        let url = new.url.trim().to_owned();
        self.check_name(&name)?;
        let settings = parse_settings(new.settings.as_deref())?;
        let secret = new.secret.filter(|secret| !secret.is_empty()).map(Zeroizing::new);
        let given = secret.as_ref().map(|secret| Secret::new(secret.as_str()));
        let owner = Owner { link: &name, user: new.user.as_deref(), url: &url };
        if let Some(secret) = &secret {
            self.vault.hide(&owner, secret);
        }
        let signs_in_with = given.or_else(|| self.vault.in_environment(&owner));
        let from_environment = secret.is_none() && signs_in_with.is_some();
        let asked = with_named(settings.clone(), &new.collections);
        let given = signs_in_with.clone();
        let (connector, typed) = of_draft(&self.vault, &new.kind, &owner, asked, signs_in_with)?;
        let offered = connector.discover().await;
        let collections =
            choose(&new.collections, &settings, offered, keep).map_err(|error| error.at(&url))?;
        // What was given may be good no more: the server's own word stands in its place.
        let now = typed.as_ref().map(|typed| typed.now());
        if let (true, Some(given), Some(now)) = (from_environment, &given, &now)
            && given.expose() != now.expose()
        {
            self.vault.replace(&owner, false, given, now);
        }
        let secret = secret.map(|secret| match &now {
            Some(now) => Zeroizing::new(now.expose().to_owned()),
            None => secret,
        });
        let kept = secret.map(|secret| self.vault.keep(&owner, secret));
        let names: Vec<String> = collections.iter().map(|collection| collection.name.clone()).collect();
        let draft = LinkDraft {
            name: name.clone(),
            kind: new.kind,
            url: url.clone(),
            user: new.user.clone(),
            settings: with_named(settings, &names),
            collections,
            secret_kept: kept == Some(Ok(())),
        };
        let added = self.engine().add_link(draft).await;
        let id = match added {
            Ok(id) => id,
            Err(error) => {
                // Without the link nobody would ever remove its secret.
                if let Err(fault) = self.vault.forget(&owner, kept == Some(Ok(()))) {
                    tracing::warn!(%fault, "removing a secret that no link uses");
                }
                return Err(error.into());
            }
        };
        if let Some(typed) = &typed {
            self.vault.sign_ins.end_draft(typed);
        }
        let secret_note = match &kept {
            Some(Err(fault)) => Some(format!(
                "The secret was not kept: {fault}. It is used until Tidemark ends; set {} for later runs.",
                secret_variable(&name)
            )),
            None if from_environment => {
                Some(format!("The secret comes from {} and was not kept.", secret_variable(&name)))
            }
            Some(Ok(())) | None => None,
        };
        Ok(AddedLink { id, name, secret_kept: kept == Some(Ok(())), secret_note, collections: names })
    }

    /// How much the first sync of a link brings in, as the server tells it; empty where it does not answer.
    pub async fn to_bring_in(&self, name: &str) -> Result<Vec<Discovered>, HostError> {
        let link = self.link(name)?;
        let connector = of_link(&self.vault, &link, link.settings.clone())?;
        let kept = |found: &Discovered| link.settings.collections.iter().any(|kept| kept.name == found.name);
        Ok(connector.discover().await.unwrap_or_default().into_iter().filter(kept).collect())
    }

    /// Removes a link and its secret; while changes are not sent, only with `force`.
    pub async fn remove_link(&self, name: &str, force: bool) -> Result<RemovedLink, HostError> {
        let link = self.link(name)?;
        let removed = self.engine().remove_link(name, force).await?;
        if removed.removed
            && let Err(fault) = self.vault.forget(&owner_of(&link), link.secret_kept)
        {
            tracing::warn!(link = name, %fault, "removing a secret");
        }
        Ok(removed)
    }

    /// Takes a new secret for a link and tries it at once; says why it is not kept, where it is not.
    pub async fn set_secret(&self, name: &str, secret: String) -> Result<Option<String>, HostError> {
        self.sign_in(name, None, secret).await
    }

    /// The same as another account where one is named. What the former one saved and did not send is kept, and never
    /// goes under the new name.
    pub async fn sign_in(
        &self,
        name: &str,
        user: Option<&str>,
        secret: String,
    ) -> Result<Option<String>, HostError> {
        let link = self.link(name)?;
        let user = user.map(str::trim).filter(|user| !user.is_empty() && link.user.as_deref() != Some(*user));
        let owner = Owner { user: user.or(link.user.as_deref()), ..owner_of(&link) };
        let kept = self.vault.keep(&owner, Zeroizing::new(secret));
        self.engine().set_secret_kept(name, kept.is_ok()).await?;
        match user {
            Some(user) => self.engine().set_account(name, Some(user)).await?,
            None => self.engine().reconnect(name).await?,
        }
        Ok(kept.err().map(|fault| {
            let variable = secret_variable(name);
            format!("The secret was not kept: {fault}. It is used until Tidemark ends; set {variable} for later runs.")
        }))
    }

    /// A link as stored.
    pub fn link(&self, name: &str) -> Result<LinkRow, HostError> {
        let links = self.engine().links()?;
        links.into_iter().find(|link| link.name == name).ok_or_else(|| HostError::NoLink(name.to_owned()))
    }

    fn check_name(&self, name: &str) -> Result<(), HostError> {
        let hidden = |letter: char| {
            letter.is_control()
                || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
        };
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(hidden) {
            return Err(HostError::BadName(
                name.chars().filter(|letter| !hidden(*letter)).take(LONGEST_NAME).collect(),
            ));
        }
        match self.link(name) {
            Ok(_) => Err(HostError::NameTaken(name.to_owned())),
            Err(HostError::NoLink(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

pub(crate) fn owner_of(link: &LinkRow) -> Owner<'_> {
    Owner { link: &link.name, user: link.user.as_deref(), url: &link.url }
}

fn parse_settings(text: Option<&str>) -> Result<LinkSettings, HostError> {
    Ok(text.map(LinkSettings::parse).transpose()?.unwrap_or_default())
}

/// The settings with what is kept in them by name, as the window writes them too.
fn with_named(mut settings: LinkSettings, names: &[String]) -> LinkSettings {
    for name in names {
        if !settings.collections.iter().any(|collection| collection.name == *name) {
            settings.collections.push(CollectionSettings::named(name));
        }
    }
    settings
}

/// Why a choice cannot be made.
#[derive(Debug)]
enum NoChoice {
    Server(Failure),
    NotOffered { name: String, offered: Vec<String> },
    Nothing(Vec<String>),
}

impl NoChoice {
    fn at(self, url: &str) -> HostError {
        match self {
            Self::Server(failure) => HostError::Server { url: url.to_owned(), failure },
            Self::NotOffered { name, offered } => HostError::NotOffered { name, offered },
            Self::Nothing(offered) => HostError::NothingChosen(offered),
        }
    }
}

/// Pure: what is kept, of what is named, what the settings name, and what is on offer.
fn choose(
    named: &[String],
    settings: &LinkSettings,
    offered: Result<Vec<Discovered>, Failure>,
    keep: Keep,
) -> Result<Vec<Discovered>, NoChoice> {
    let mut wanted: Vec<String> = match named {
        [] => settings.collections.iter().map(|collection| collection.name.clone()).collect(),
        named => named.to_vec(),
    };
    let mut seen = std::collections::BTreeSet::new();
    wanted.retain(|name| seen.insert(name.clone()));
    let offered = match offered {
        Ok(offered) => offered,
        Err(failure) if !wanted.is_empty() && may_follow(&failure) => {
            return Ok(wanted.into_iter().map(only_named).collect());
        }
        Err(failure) => return Err(NoChoice::Server(failure)),
    };
    let names = || offered.iter().map(|offer| offer.name.clone()).collect::<Vec<_>>();
    if wanted.is_empty() {
        return match keep {
            Keep::EverythingOnOffer if !offered.is_empty() => Ok(offered),
            Keep::EverythingOnOffer | Keep::Chosen => Err(NoChoice::Nothing(names())),
        };
    }
    let find = |name: String| match offered.iter().find(|offer| offer.name == name) {
        Some(offer) => Ok(offer.clone()),
        // Who writes a settings file knows the server better than its list does.
        None if settings.collections.iter().any(|collection| collection.name == name) => Ok(only_named(name)),
        None => Err(NoChoice::NotOffered { name, offered: names() }),
    };
    wanted.into_iter().map(find).collect()
}

fn only_named(name: String) -> Discovered {
    Discovered { name, ..Discovered::default() }
}

/// Whether the server may be right and is only not to be had at this moment.
fn may_follow(failure: &Failure) -> bool {
    matches!(failure.class, ErrorClass::Offline | ErrorClass::Transient | ErrorClass::Throttled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(names: &[&str]) -> Vec<Discovered> {
        names.iter().map(|name| only_named((*name).to_owned())).collect()
    }

    fn names(chosen: Result<Vec<Discovered>, NoChoice>) -> Vec<String> {
        chosen.unwrap().into_iter().map(|chosen| chosen.name).collect()
    }

    fn away() -> Failure {
        Failure::new(ErrorClass::Offline, "nobody there")
    }

    #[test]
    fn what_is_named_is_kept_once_and_a_slip_is_told_with_what_is_on_offer() {
        let settings = LinkSettings::default();
        let named = ["b".to_owned(), "b".to_owned()];
        assert_eq!(names(choose(&named, &settings, Ok(offer(&["a", "b"])), Keep::Chosen)), ["b"]);
        let slip = choose(&["c".to_owned()], &settings, Ok(offer(&["a", "b"])), Keep::Chosen);
        assert!(
            matches!(slip, Err(NoChoice::NotOffered { name, offered }) if name == "c" && offered == ["a", "b"])
        );
    }

    #[test]
    fn without_a_word_nothing_is_taken_unless_everything_is_wanted() {
        let settings = LinkSettings::default();
        let nothing = choose(&[], &settings, Ok(offer(&["a"])), Keep::Chosen);
        assert!(matches!(nothing, Err(NoChoice::Nothing(offered)) if offered == ["a"]));
        assert_eq!(
            names(choose(&[], &settings, Ok(offer(&["a", "b"])), Keep::EverythingOnOffer)),
            ["a", "b"]
        );
        assert!(choose(&[], &settings, Ok(vec![]), Keep::EverythingOnOffer).is_err());
    }

    #[test]
    fn a_server_that_is_away_takes_what_is_named_and_one_that_refuses_does_not() {
        let settings = LinkSettings::default();
        let named = ["a".to_owned()];
        assert_eq!(names(choose(&named, &settings, Err(away()), Keep::Chosen)), ["a"]);
        assert!(matches!(choose(&[], &settings, Err(away()), Keep::Chosen), Err(NoChoice::Server(_))));
        let refused = Failure::new(ErrorClass::Auth, "no");
        assert!(matches!(choose(&named, &settings, Err(refused), Keep::Chosen), Err(NoChoice::Server(_))));
    }

    #[test]
    fn a_collection_of_the_settings_need_not_be_listed() {
        let settings = LinkSettings::parse(r#"{"collections":[{"name":"hidden"}]}"#).unwrap();
        assert_eq!(names(choose(&[], &settings, Ok(offer(&["a"])), Keep::Chosen)), ["hidden"]);
    }
}
