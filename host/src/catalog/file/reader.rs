//! Reads all locations once: files in order, each only once, entities of kind Location followed.
//!
//! Of two entities with the same ref the first one stays. What can be left out is left out with a warning; what makes the files as a whole
//! untrustworthy (one is missing, unreadable, or no YAML) is a problem.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    documents,
    draft::{GroupDraft, UserDraft},
    entity::{self, Entity, Named, Targets},
    error::CatalogProblem,
    index::MOST_ENTITIES,
    location::{CatalogLocation, Expansion, Seen, Target},
    relations::Relations,
};
use crate::{
    config::yaml,
    domain::{entity_ref::EntityRef, group::Group, user::User},
    found_file::FoundFile,
};

/// What a reading gave.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    pub(super) warnings: Vec<String>,
    /// If there is one, the rest is incomplete.
    pub(super) problems: Vec<CatalogProblem>,
    /// Every target that was followed, also to nowhere.
    pub(super) seen: Vec<Seen>,
}

/// Reads everything that the locations lead to.
pub(super) fn read(locations: &[CatalogLocation], working_directory: &Path) -> Reading {
    let targets = locations.iter().map(|location| Target::configured(location.clone(), working_directory)).collect();
    let mut reader = Reader { targets, ..Reader::default() };
    while let Some(target) = reader.targets.pop_front() {
        reader.follow(target);
    }
    reader.finish()
}

/// Takes entities that stand in no file. Nothing is followed from them, and to have no user among them is nothing odd.
pub(super) fn of_entities(entities: Vec<serde_json::Value>) -> Reading {
    let mut reader = Reader::default();
    let name: Rc<Path> = Path::new("entities").into();
    for (nth, entity) in entities.into_iter().enumerate() {
        reader.take(entity, &Place { file: &name, document: nth + 1 });
    }
    for target in std::mem::take(&mut reader.targets) {
        reader.reading.warnings.push(format!("the location {} is not followed from here: write the entities down", target.location.target));
    }
    let nobody = reader.users.is_empty();
    let mut reading = reader.finish();
    if nobody {
        reading.warnings.pop();
    }
    reading
}

#[derive(Default)]
struct Reader {
    /// Still to be followed.
    targets: VecDeque<Target>,
    /// Files that have been read, whatever the way to them: this ends cycles.
    read: HashSet<PathBuf>,
    /// Every entity and the file that holds it.
    entities: HashMap<EntityRef, Rc<Path>>,
    users: Vec<(EntityRef, UserDraft)>,
    groups: Vec<(EntityRef, GroupDraft)>,
    relations: Relations,
    reading: Reading,
}

/// Where we are, for people.
struct Place<'p> {
    file: &'p Rc<Path>,
    document: usize,
}

impl Reader {
    fn follow(&mut self, target: Target) {
        let CatalogLocation { target: text, named_by, .. } = target.location.clone();
        let expansion = match target.expand() {
            Ok(expansion) => expansion,
            Err(reason) => return self.reading.problems.push(CatalogProblem::Pattern { target: text, named_by, reason }),
        };
        self.judge(&target, &expansion);
        for file in &expansion.files {
            if self.read.insert(file.resolved.clone()) {
                self.read_file(file);
            }
        }
        self.reading.seen.push(Seen { target, expansion });
    }

    /// Says what is odd about what a target led to.
    fn judge(&mut self, target: &Target, expansion: &Expansion) {
        let CatalogLocation { target: text, named_by, .. } = &target.location;
        for (directory, reason) in &expansion.unreadable {
            self.reading.warnings.push(format!("{}: cannot be searched for {text}: {reason}", directory.display()));
        }
        if expansion.files.is_empty() && target.is_pattern() {
            self.reading.warnings.push(format!("{named_by}: no file matches the catalog target {text}"));
        } else if expansion.files.is_empty() && !target.optional {
            let looked_for = target.candidates();
            self.reading.problems.push(CatalogProblem::Missing { target: text.clone(), named_by: named_by.clone(), looked_for });
        } else if expansion.base > 0 {
            self.reading.warnings.push(format!(
                "{named_by}: the catalog target {text} was found beside this file; Backstage looks only in the directory in which it is started"
            ));
        }
    }

    fn read_file(&mut self, file: &FoundFile) {
        let text = match fs::read_to_string(&file.path) {
            Ok(text) => text,
            Err(error) => return self.reading.problems.push(CatalogProblem::Unreadable { path: file.path.clone(), reason: error.to_string() }),
        };
        let name: Rc<Path> = file.path.as_path().into();
        for (nth, document) in documents::split(&text).enumerate() {
            // A document that fails is read once more, so that the parser names the line of the file.
            match yaml::documents(document.text).or_else(|_| yaml::documents(&document.padded())) {
                Ok(values) => {
                    for value in values.into_iter().filter(|value| !value.is_null()) {
                        self.take(value, &Place { file: &name, document: nth + 1 });
                    }
                }
                Err(reason) => return self.reading.problems.push(CatalogProblem::Yaml { file: file.path.clone(), reason }),
            }
        }
    }

    fn take(&mut self, document: serde_json::Value, place: &Place<'_>) {
        match entity::read(document) {
            Ok(Entity::Other) => {}
            Ok(Entity::Location(targets)) => self.follow_later(targets, place),
            Ok(Entity::Group(group, draft)) => {
                if self.enter(&group, place) {
                    self.groups.push((group.entity_ref, draft));
                }
            }
            Ok(Entity::User(user, draft)) => {
                if self.enter(&user, place) {
                    self.users.push((user.entity_ref, draft));
                }
            }
            Err(unusable) if unusable.entity.is_empty() => self.warn(place, &format!("left out: {}", unusable.reason)),
            Err(unusable) => self.warn(place, &format!("{} is left out: {}", unusable.entity, unusable.reason)),
        }
    }

    /// Notes an entity and its relations. False: its ref is taken.
    fn enter(&mut self, named: &Named, place: &Place<'_>) -> bool {
        if let Some(first) = self.entities.get(&named.entity_ref) {
            let reason = format!("{} is left out: {} already has this entity; rename or remove one of them", named.entity_ref, first.display());
            self.warn(place, &reason);
            return false;
        }
        self.entities.insert(named.entity_ref.clone(), place.file.clone());
        for (kind, target) in &named.relations {
            self.relations.add(&named.entity_ref, *kind, target);
        }
        true
    }

    fn follow_later(&mut self, Targets { kind, paths, optional }: Targets, place: &Place<'_>) {
        for target in paths {
            if kind == "file" && !target.contains("://") {
                let origin = place.file.to_path_buf();
                let named_by = origin.display().to_string();
                self.targets.push_back(Target::beside(CatalogLocation { target, origin, named_by }, optional));
            } else {
                self.warn(place, &format!("the location {target} is not followed: only files are; download it and name the file"));
            }
        }
    }

    fn warn(&mut self, place: &Place<'_>, what: &str) {
        self.reading.warnings.push(format!("{}, document {}: {what}", place.file.display(), place.document));
    }

    fn finish(self) -> Reading {
        let Self { users, groups, mut relations, mut reading, .. } = self;
        relations.sort();
        if users.len().max(groups.len()) > MOST_ENTITIES {
            reading.problems.push(CatalogProblem::TooMany { users: users.len(), groups: groups.len() });
        }
        if users.is_empty() && reading.problems.is_empty() {
            reading.warnings.push("the catalog holds no user, so nobody in it can sign in; name a file with users in catalog.locations".into());
        }
        let user = |(entity_ref, draft): (EntityRef, UserDraft)| draft.finish(entity_ref.clone(), relations.of(&entity_ref));
        let group = |(entity_ref, draft): (EntityRef, GroupDraft)| draft.finish(entity_ref.clone(), relations.of(&entity_ref));
        reading.users = users.into_iter().map(user).collect();
        reading.groups = groups.into_iter().map(group).collect();
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(tempfile::TempDir);

    impl Files {
        fn new(files: &[(&str, &str)]) -> Self {
            let directory = tempfile::tempdir().unwrap();
            for (name, text) in files {
                fs::write(directory.path().join(name), text).unwrap();
            }
            Self(directory)
        }

        fn read(&self, targets: &[&str]) -> Reading {
            let origin = self.0.path().join("app-config.yaml");
            let location =
                |target: &&str| CatalogLocation { target: (*target).into(), origin: origin.clone(), named_by: origin.display().to_string() };
            read(&targets.iter().map(location).collect::<Vec<_>>(), self.0.path())
        }

        /// Without the name of the directory, which is another one each time.
        fn plain(&self, text: &impl ToString) -> String {
            text.to_string().replace(&format!("{}/", self.0.path().display()), "")
        }
    }

    fn user(name: &str, member_of: &str) -> String {
        format!("---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: {name}\nspec:\n  memberOf: [{member_of}]\n")
    }

    fn ownership(reading: &Reading, name: &str) -> Vec<String> {
        let user = reading.users.iter().find(|user| user.entity_ref.as_str() == name).unwrap();
        user.ownership_entity_refs.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn relations_come_from_users_and_groups_of_all_files() {
        let groups = "kind: Group\napiVersion: v1\nmetadata: { name: Devs, namespace: ops }\nspec: { type: team, children: [], members: [zoe, user:default/alice] }\n";
        let zoe = user("zoe\n  namespace: ops", "admins, devs, Group:default/admins");
        let files = Files::new(&[("groups.yaml", groups), ("users.yaml", &(user("alice", "ghosts") + &zoe))]);
        let reading = files.read(&["groups.yaml", "users.yaml"]);
        assert_eq!((reading.users.len(), reading.groups.len(), reading.warnings.len(), reading.problems.len()), (2, 1, 0, 0));
        assert_eq!(ownership(&reading, "user:default/alice"), ["user:default/alice", "group:default/ghosts", "group:ops/devs"]);
        assert_eq!(ownership(&reading, "user:ops/zoe"), ["user:ops/zoe", "group:default/admins", "group:ops/admins", "group:ops/devs"]);
    }

    #[test]
    fn locations_are_followed_and_cycles_end() {
        let all = "kind: Location\napiVersion: v1\nmetadata: { name: all }\nspec:\n  targets: [./a.yaml, b*.yaml, all.yaml, 'https://example.com/org.yaml']\n";
        let back = "kind: Location\napiVersion: v1\nmetadata: { name: back }\nspec: { type: file, target: all.yaml, presence: optional }\n";
        let gone = "---\nkind: Location\napiVersion: v1\nmetadata: { name: gone }\nspec: { target: gone.yaml, presence: optional }\n";
        let url = "---\nkind: Location\napiVersion: v1\nmetadata: { name: url }\nspec: { type: url, target: org.yaml }\n";
        let files =
            Files::new(&[("all.yaml", all), ("a.yaml", &(user("alice", "a") + url)), ("b1.yaml", &(user("bob", "b") + gone)), ("b2.yaml", back)]);
        let reading = files.read(&["all.yaml"]);
        let names: Vec<_> = reading.users.iter().map(|user| user.entity_ref.name()).collect();
        assert_eq!(names, ["alice", "bob"]);
        insta::assert_snapshot!(files.plain(&reading.warnings.join("\n")), @r"
        all.yaml, document 1: the location https://example.com/org.yaml is not followed: only files are; download it and name the file
        a.yaml, document 2: the location org.yaml is not followed: only files are; download it and name the file
        ");
        assert!(reading.problems.is_empty());
    }

    #[test]
    fn the_first_of_two_stays() {
        let files = Files::new(&[("a.yaml", &(user("alice", "a") + &user("Alice", "b"))), ("b.yaml", &user("alice", "admins"))]);
        let reading = files.read(&["a.yaml", "b.yaml", "a.yaml", "*.yaml"]);
        assert_eq!(reading.users.len(), 1);
        assert_eq!(ownership(&reading, "user:default/alice"), ["user:default/alice", "group:default/a"]);
        insta::assert_snapshot!(files.plain(&reading.warnings.join("\n")), @r"
        a.yaml, document 2: user:default/alice is left out: a.yaml already has this entity; rename or remove one of them
        b.yaml, document 1: user:default/alice is left out: a.yaml already has this entity; rename or remove one of them
        ");
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_place() {
        let odd =
            "apiVersion: v1\nkind: User\nmetadata: { name: odd }\nspec: { memberOf: team }\n---\njust text\n---\n# nothing\n---\nkind: Component\n";
        let files = Files::new(&[("odd.yaml", odd)]);
        let reading = files.read(&["odd.yaml", "no-*.yaml"]);
        insta::assert_snapshot!(files.plain(&reading.warnings.join("\n")), @r"
        odd.yaml, document 1: User odd is left out: spec.memberOf must be a list of texts; write memberOf: [name, other-name]
        odd.yaml, document 2: left out: it is no entity; an entity has apiVersion, kind, metadata and spec
        app-config.yaml: no file matches the catalog target no-*.yaml
        the catalog holds no user, so nobody in it can sign in; name a file with users in catalog.locations
        ");
        assert!(reading.users.is_empty() && reading.problems.is_empty());
    }

    #[test]
    fn every_problem_is_reported_with_its_file_and_line() {
        let broken = format!("{}---\nkind: User\nspec: [\n---\n{}", user("alice", "a"), user("bob", "b"));
        let twice = "kind: User\nmetadata:\n  name: alice\n  name: bob\n";
        let files = Files::new(&[("broken.yaml", &broken), ("twice.yaml", twice)]);
        fs::write(files.0.path().join("latin.yaml"), b"name: \xfc\n").unwrap();
        let reading = files.read(&["broken.yaml", "twice.yaml", "gone.yaml", "latin.yaml", "a["]);
        insta::assert_snapshot!(files.plain(&crate::catalog::file::CatalogLoadError(reading.problems)), @r#"
        broken.yaml: did not find expected node content at line 11 column 1, while parsing a flow node
        twice.yaml: metadata: duplicate entry with key "name" at line 3 column 3
        app-config.yaml: the catalog file gone.yaml does not exist; looked for gone.yaml
        latin.yaml: cannot be read: stream did not contain valid UTF-8
        app-config.yaml: the catalog target a[ is not a pattern of files: invalid range pattern
        "#);
    }

    #[test]
    fn a_file_beside_the_config_is_found_with_a_warning() {
        let files = Files::new(&[("org.yaml", &user("alice", ""))]);
        let origin = files.0.path().join("app-config.yaml");
        let named_by = origin.display().to_string();
        let reading = read(&[CatalogLocation { target: "./org.yaml".into(), origin, named_by }], Path::new("/"));
        assert_eq!(reading.users.len(), 1);
        insta::assert_snapshot!(files.plain(&reading.warnings.join("\n")), @"app-config.yaml: the catalog target ./org.yaml was found beside this file; Backstage looks only in the directory in which it is started");
    }
}
