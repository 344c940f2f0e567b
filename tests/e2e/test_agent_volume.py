"""Volumes of the shipped agent: what a Pod sees, when it starts, and what it leaves."""
from agent_fixture import CANARY, DRIVER, AgentCase, external_secret
from harness import cluster


class VolumeTest(AgentCase):
    def test_pod_reads_its_value(self):
        self.give("app")
        self.start("reader", "app")
        self.assertEqual(self.password_in("reader"), f"{CANARY}-pass-1")
        self.assertEqual(self.run_in("reader", "ls /secrets"), "password\nusername\n")
        mount, = self.mounts_of("reader")
        table = cluster().exec(("cat", "/proc/self/mounts")).stdout
        self.assertRegex(table, f" {mount} tmpfs rw,nosuid,nodev,noexec")
        self.assertRegex(self.run_in("reader", "cat /proc/mounts"), " /secrets tmpfs ro,")

    def test_rotation_changes_both_and_never_mixes(self):
        self.give("app")
        self.witness("witness", "app")
        for number in (2, 3, 4):
            self.rotate("app", number)
            self.wait_volume("witness", number)
            self.wait_secret("app", number)
        self.wait(lambda: self.kubectl("logs", "witness").endswith("SAW 4\n"), "the last revision")
        self.assert_witness("witness", 1, 2, 3, 4)

    def test_wrong_name_is_told_and_heals(self):
        self.give("app")
        self.apply(external_secret("app", self.key("misspelt")))
        self.create("waiting", "app")
        want = (f'ExternalSecret "{self.namespace}/app"', "spec.data[0]",
                f"key: {self.key('misspelt')}")
        event = self.wait(lambda: self.events("FailedMount"), "a FailedMount event")[0]
        for words in want:
            self.assertIn(words, event)
        condition = self.wait_ready("app", "False")
        self.assertIn("spec.data[0]", condition["message"])
        self.assertEqual(self.get("pod", "waiting")["status"]["phase"], "Pending")
        self.apply(external_secret("app", self.key("app")))
        self.wait_pod("waiting")
        self.assertEqual(self.password_in("waiting"), f"{CANARY}-pass-1")
        self.wait_ready("app")

    def test_unknown_external_secret_is_told_and_heals(self):
        self.create("waiting", "app")
        event = self.wait(lambda: self.events("FailedMount"), "a FailedMount event")[0]
        self.assertIn(f"{self.namespace}/app", event)
        self.give("app")
        self.wait_pod("waiting")
        self.assertEqual(self.password_in("waiting"), f"{CANARY}-pass-1")

    def test_deleted_pod_leaves_nothing(self):
        self.give("app")
        self.start("short", "app")
        self.start("stays", "app")
        self.delete_pod("short")
        self.wait_unmounted("short")
        self.assertEqual(self.password_in("stays"), f"{CANARY}-pass-1")
        self.rotate("app", 2)
        self.wait_volume("stays", 2)

    def test_modes_items_and_group_as_another_user(self):
        self.give("app")
        items = "[{key: password, path: db/secret, mode: '0400'}, {key: username, path: name}]"
        self.start("plain", "app", attributes={"defaultMode": "0440", "items": items})
        self.start("group", "app", attributes={"defaultMode": "0400", "items": items},
                   securityContext={"runAsUser": 1234, "runAsGroup": 1234, "fsGroup": 4321})
        self.start("everyone", "app",
                   securityContext={"runAsUser": 1234, "runAsGroup": 1234, "runAsNonRoot": True})
        script = "cd /secrets && stat -L -c '%a %u:%g %n' name db/secret && ls && cat db/secret"
        self.assertEqual(self.run_in("plain", script),
                         f"440 0:0 name\n400 0:0 db/secret\ndb\nname\n{CANARY}-pass-1")
        self.assertEqual(self.run_in("group", script),
                         f"440 0:4321 name\n440 0:4321 db/secret\ndb\nname\n{CANARY}-pass-1")
        self.assertEqual(self.password_in("everyone"), f"{CANARY}-pass-1")
        self.assertEqual(self.run_in("everyone", "stat -L -c '%a %u:%g' /secrets/password"),
                         "644 0:0\n")

    def test_optional_volume_is_empty_until_there_is_something(self):
        self.start("early", "later", attributes={"optional": "true"})
        self.assertEqual(self.run_in("early", "ls /secrets"), "")
        self.give("later")
        self.wait_volume("early", 1)

    def test_two_volumes_of_one_pod(self):
        self.give("one")
        self.give("two", 2)
        self.start("both", "one", also="two")
        self.assertEqual(self.run_in("both", "cat /secrets/username /also/username"),
                         f"{CANARY}-user-1{CANARY}-user-2")
        self.assertEqual(len(self.mounts_of("both")), 2)
        self.rotate("two", 3)
        self.wait(lambda: self.run_in("both", "cat /secrets/username /also/username") ==
                  f"{CANARY}-user-1{CANARY}-user-3", "the second volume alone to change")

    def test_pod_cannot_write(self):
        self.give("app")
        self.start("writer", "app", securityContext={"runAsUser": 0})
        told = self.run_in("writer", "echo x >/secrets/password || echo refused; "
                                     "echo x >/secrets/new || echo refused")
        self.assertEqual(told, "refused\nrefused\n")
        self.assertEqual(self.password_in("writer"), f"{CANARY}-pass-1")

    def test_writable_volume_is_refused(self):
        self.give("app")
        self.create("writable", "app", volumes=[{"name": "secrets", "csi": {
            "driver": DRIVER, "volumeAttributes": {"externalSecret": "app"}}}])
        event = self.wait(lambda: self.events("FailedMount"), "a FailedMount event")[0]
        self.assertIn("readOnly: true", event)
        self.assertEqual(self.mounted(), [])
