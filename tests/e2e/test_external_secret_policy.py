"""When a Secret is made, changed, kept and deleted: the policies of an ExternalSecret."""
import time

from external_secret_fixture import (COMPAT, LABEL_CREATED_BY, LABEL_OURS, FakeCase,
                                     external_secret, secret, store)

POLICIES = ("Owner", "Orphan", "Merge", "CreateOrMerge", "None")
MERGES = ("Merge", "CreateOrMerge")
OVERLAY = "external-secrets-compat"

FOREIGN, OURS = {}, {"labels": {LABEL_OURS: "true"}}
THEIRS = {"labels": {"reconcile.external-secrets.io/managed": "true"}}


def controller(api_version, kind):
    return {"ownerReferences": [{"apiVersion": api_version, "kind": kind, "name": "other",
                                 "uid": "0b5e3ae5-6ef8-4f6f-a1a1-6a3a4cf0a5a0",
                                 "controller": True}]}


CONTROLLED = controller("cert-manager.io/v1", "Certificate")
OWNED = controller("external-secrets.io/v1", "ExternalSecret")

QUIET_S = 4  # two refreshes of 2 s would have been due


def name_of(policy):
    return policy.lower()


class CreationTest(FakeCase):
    """creationPolicy, by what stands at the target."""

    REACHES_FOREIGN = False  # behind the base's fence

    def setUp(self):
        super().setUp()
        self.apply(store(db="one"))

    def give(self, *policies):
        self.apply(*(external_secret(name_of(policy), {"k": "db"},
                                     target={"creationPolicy": policy}) for policy in policies))

    def owners(self, policy):
        return [(owner["kind"], owner["name"]) for owner in
                self.held(name_of(policy))["metadata"].get("ownerReferences", ())
                if owner["controller"]]

    def assert_owned(self, policy, others=()):
        """Owner has an owner and says whose it is; the others neither."""
        labels = self.held(name_of(policy))["metadata"]["labels"]
        self.assertEqual(labels[LABEL_OURS], "true")
        self.assertEqual(LABEL_CREATED_BY in labels, policy == "Owner")
        self.assertEqual(self.owners(policy), [("ExternalSecret", "owner")]
                         if policy == "Owner" else list(others))

    def assert_written(self, policy, others=()):
        """The key is there; what stood there before has gone, unless the policy merges."""
        self.wait_ready(name_of(policy), "True", reason="SecretSynced")
        kept = {"old": "kept"} if policy in MERGES else {}
        self.assertEqual(self.secret(name_of(policy)), {"k": "one", **kept})
        self.assert_owned(policy, others)

    def check(self, metadata, **refused):
        """What becomes of Secrets with that metadata.

        refused  policy to the texts of its condition; all others write, but None
        """
        self.apply(*(secret(name_of(policy), metadata, old="kept") for policy in POLICIES))
        before = {policy: self.held(name_of(policy)) for policy in POLICIES}
        others = [(owner["kind"], owner["name"])
                  for owner in metadata.get("ownerReferences", ())]
        self.give(*POLICIES)
        for policy in POLICIES:
            with self.subTest(policy):
                if policy != "None" and policy not in refused:
                    self.assert_written(policy, others)
                    continue
                if policy == "None":
                    self.wait_ready("none", "True", reason="SecretSynced")
                else:
                    self.wait_ready(name_of(policy), "False", f'"{self.namespace}/',
                                    *refused[policy], reason="SecretSyncedError")
                self.assertEqual(self.held(name_of(policy)), before[policy])

    def check_foreign(self, metadata, **refused):
        """Behind the fence nothing foreign is touched, and the condition says what would."""
        behind = {policy: (("is not managed",) if policy not in MERGES else ()) + (OVERLAY,)
                  for policy in POLICIES if policy != "None"}
        self.check(metadata, **(refused if self.REACHES_FOREIGN else behind))

    def test_no_secret(self):
        self.give(*POLICIES)
        for policy in POLICIES:
            with self.subTest(policy):
                reason = "SecretMissing" if policy == "Merge" else "SecretSynced"
                self.wait_ready(name_of(policy), "True", reason=reason)
                if policy in ("Merge", "None"):
                    self.assertIsNone(self.held(name_of(policy)))
                else:
                    self.assertEqual(self.secret(name_of(policy)), {"k": "one"})
                    self.assert_owned(policy)

    def test_our_secret(self):
        self.check(OURS)

    def test_secret_of_external_secrets(self):
        self.check(THEIRS)

    def test_our_secret_with_another_controller(self):
        self.check({**OURS, **CONTROLLED}, Owner=("failed to take ownership",))

    def test_our_secret_owned_by_another_external_secret(self):
        owned = ("target is owned by another ExternalSecret",)
        self.check({**OURS, **OWNED}, Owner=owned, Orphan=owned, Merge=owned, CreateOrMerge=owned)

    def test_foreign_secret(self):
        self.check_foreign(FOREIGN)

    def test_foreign_secret_with_another_controller(self):
        self.check_foreign(CONTROLLED, Owner=("failed to take ownership",))

    def test_secret_of_another_external_secret(self):
        self.give("Owner")
        self.wait_synced("owner")
        before = self.held("owner")
        second = [policy for policy in POLICIES if policy != "None"]
        self.apply(*(external_secret(f"second-{name_of(policy)}", {"k2": "db"}, target={
            "name": "owner", "creationPolicy": policy}) for policy in second))
        for policy in second:
            self.wait_ready(f"second-{name_of(policy)}", "False",
                            "target is owned by another ExternalSecret")
        self.assertEqual(self.held("owner"), before)

    def test_a_deleted_secret_and_a_renamed_target(self):
        self.give("Owner", "CreateOrMerge")
        self.wait_synced("owner", "createormerge")
        self.kubectl("delete", "secret", "owner", "createormerge")
        self.wait_secret("owner", k="one")
        self.wait_secret("createormerge", k="one")
        self.apply(external_secret("owner", {"k": "db"}, target={"name": "renamed"}))
        self.wait_secret("renamed", k="one")
        self.wait(lambda: self.held("owner") is None, "the old Secret to be gone")

    def test_merge_takes_its_keys_along(self):
        self.apply(secret("target", OURS, old="kept"), external_secret(
            "app", {"a": "db", "b": "db"}, target={"name": "target", "creationPolicy": "Merge"}))
        self.wait_secret("target", old="kept", a="one", b="one")
        self.apply(external_secret("app", {"b": "db"}, target={"name": "target",
                                                               "creationPolicy": "Merge"}))
        self.wait_secret("target", old="kept", b="one")

    def test_a_target_of_another_kind_must_be_allowed(self):
        self.apply(external_secret("app", {"k": "db"}, target={
            "manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}))
        self.wait_ready("app", "False", "invalid generic target", "spec.target.manifest",
                        "--unsafe-allow-generic-targets", reason="SecretSyncedError")
        self.assertIsNone(self.held("app"))
        self.assertEqual(self.get("configmaps")["items"], [])


class CompatCreationTest(CreationTest):
    MANIFESTS = COMPAT
    REACHES_FOREIGN = True


class DeletionTest(FakeCase):
    """deletionPolicy, when the store has nothing left, or not all."""

    def setUp(self):
        super().setUp()
        self.apply(store(db="one", more="two"))

    def give(self, **specs):
        """An ExternalSecret of each deletionPolicy, by name, and wait for its Secret."""
        for name, (policy, spec) in specs.items():
            self.apply(external_secret(name, target={"deletionPolicy": policy}, **spec))
        self.wait_synced(*specs)
        self.before = {name: self.held(name) for name in specs}

    def test_nothing_left(self):
        data, found = {"data": {"k": "db"}}, {"dataFrom": [{"find": {"name": {"regexp": "db"}}}]}
        self.give(delete=("Delete", data), merge=("Merge", data), retain=("Retain", data),
                  found=("Retain", found), gone=("Delete", found))
        self.apply(store(more="two"))
        self.wait_ready("delete", "True", "DeletionPolicy=Delete", reason="SecretDeleted")
        self.wait_ready("gone", "True", reason="SecretDeleted")
        for name in ("delete", "gone"):
            self.assertIsNone(self.held(name))
        self.wait_secret("merge")
        self.wait_ready("retain", "False", "spec.data[0] (key: db)")
        self.wait_ready("found", "True", "DeletionPolicy=Retain", reason="SecretSynced")
        for name in ("retain", "found"):
            self.assertEqual(self.held(name), self.before[name])
        self.apply(store(db="three", more="two"))
        for name in ("delete", "merge", "retain"):
            self.wait_secret(name, k="three")

    def test_nothing_left_for_a_template(self):
        """The template over nothing could only fail; the policy comes first."""
        template = {"data": {"line": "k={{ .db }}"}}
        found = [{"find": {"name": {"regexp": "db"}}}]
        for name, policy in (("delete", "Delete"), ("retain", "Retain")):
            self.apply(external_secret(name, dataFrom=found, target={
                "deletionPolicy": policy, "template": template}))
            self.wait_secret(name, line="k=one")
        self.apply(store(more="two"))
        self.wait_ready("delete", "True", reason="SecretDeleted")
        self.assertIsNone(self.held("delete"))
        self.wait_ready("retain", "True", "DeletionPolicy=Retain", reason="SecretSynced")
        self.assertEqual(self.secret("retain"), {"line": "k=one"})

    def test_one_of_two_left(self):
        data = {"data": {"k": "db", "m": "more"}}
        self.give(delete=("Delete", data), merge=("Merge", data), retain=("Retain", data))
        self.apply(store(more="three"))
        self.wait_secret("delete", m="three")
        self.wait_secret("merge", m="three")
        self.wait_ready("retain", "False", "(key: db)")
        self.assertEqual(self.held("retain"), self.before["retain"])

    def test_the_external_secret_goes(self):
        self.give(delete=("Delete", {"data": {"k": "db"}}))
        self.apply(external_secret("orphan", {"k": "db"}, target={"creationPolicy": "Orphan"}))
        self.wait_synced("orphan")
        self.kubectl("delete", "externalsecret", "delete", "orphan")
        self.wait(lambda: self.held("delete") is None, "the Secret to be gone")
        self.assertEqual(self.secret("orphan"), {"k": "one"})


class RefreshTest(FakeCase):
    """refreshPolicy, immutable and syncWindows."""

    def setUp(self):
        super().setUp()
        self.apply(store(db="one"))

    def give(self, name, data=None, **spec):
        self.apply(external_secret(name, data or {"k": "db"}, **spec))

    def spoil(self, *names):
        """Change Secrets behind the agent's back: what a refresh would mend."""
        for name in names:
            self.kubectl("patch", "secret", name, "--type=merge",
                         "-p", '{"stringData":{"k":"spoilt"}}')

    def test_refresh_policies(self):
        names = {"once": "CreatedOnce", "change": "OnChange", "periodic": "Periodic"}
        for name, policy in names.items():
            self.give(name, refreshPolicy=policy)
        self.wait_synced(*names)
        self.apply(store(db="two"))
        self.wait_secret("periodic", k="two")
        time.sleep(QUIET_S)
        self.assertEqual([self.secret(name)["k"] for name in names], ["one", "one", "two"])
        for name, policy in names.items():
            self.give(name, {"k": "db", "also": "db"}, refreshPolicy=policy)
        self.wait_secret("change", k="two", also="two")
        self.wait_secret("periodic", k="two", also="two")
        time.sleep(QUIET_S)
        self.assertEqual(self.secret("once"), {"k": "one"})

    def test_force_sync(self):
        self.give("hourly", interval="1h")
        self.give("once", interval="0")
        self.wait_synced("hourly", "once")
        self.spoil("hourly", "once")
        for name in ("hourly", "once"):
            self.touch(name)
            self.wait_secret(name, k="one")

    def test_immutable(self):
        self.give("app", target={"immutable": True})
        self.wait_synced("app")
        before = self.held("app")
        self.assertIs(before["immutable"], True)
        self.apply(store(db="two"))
        self.wait_ready("app", "False", "could not update secret", "target is immutable")
        self.assertEqual(self.held("app"), before)
        self.apply(store(db="one"))
        self.wait_ready("app", "True")

    def test_windows_hold_the_timer_alone(self):
        windows = [{"schedule": "* * * * *", "duration": "2m"}]
        never = [{"schedule": "0 0 29 2 *", "duration": "1s"}]
        self.give("denied", syncWindows={"kind": "deny", "windows": windows})
        self.give("allowed", syncWindows={"kind": "allow", "windows": windows})
        self.give("closed", syncWindows={"kind": "allow", "windows": never})
        self.give("free")
        self.wait_synced("denied", "allowed", "closed", "free")
        self.spoil("denied", "allowed", "closed", "free")
        self.wait_secret("allowed", k="one")
        self.wait_secret("free", k="one")
        time.sleep(QUIET_S)
        for name in ("denied", "closed"):
            self.assertEqual(self.secret(name), {"k": "spoilt"})
        for name in ("denied", "closed"):
            self.give(name, {"k": "db", "also": "db"}, syncWindows=self.get(
                "externalsecret", name)["spec"]["syncWindows"])
            self.wait_secret(name, k="one", also="one")
