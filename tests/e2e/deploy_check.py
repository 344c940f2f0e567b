#!/usr/bin/env python3
"""deploy_check.py: check the manifests of deploy/ without a cluster.

Renders the kustomizations and looks at what an installation would get: rights, names that must
agree, schemas that must be alike, and whether docs/RBAC.md speaks of every rule. Prints one line
per finding and ends with 1 if there is any. Needs kubectl and Debian's python3-yaml.
"""
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RBAC_GUIDE = ROOT / "docs" / "RBAC.md"
MIGRATION_GUIDE = ROOT / "docs" / "MIGRATION.md"

# What each rendering may do to Secrets cluster-wide; everything else is a finding.
SECRET_VERBS = {
    "base": {"create", "patch", "delete"},
    "overlays/watch-secrets": {"create", "patch", "delete", "get", "list", "watch"},
    "overlays/external-secrets-compat": {"create", "patch", "delete", "get"},
    "overlays/push-secrets": {"create", "patch", "delete", "get", "list"},
    "overlays/cluster-external-secrets": {"create", "patch", "delete"},
}
# What the agent may write, and the policy that narrows it.
FENCES = {"lockstep-managed-secrets": ["secrets"],
          "lockstep-external-secrets": ["externalsecrets", "pushsecrets"]}
FORBIDDEN_VERBS = {"*", "escalate", "bind", "impersonate", "deletecollection"}
ROLES = ("ClusterRole", "Role")
BINDINGS = ("ClusterRoleBinding", "RoleBinding")
STORES = ("secretstores", "clustersecretstores")
PUSHES = "pushsecrets"  # has one version, as in External Secrets


class Rendered:
    """The objects of one kustomization, found by kind and name."""

    def __init__(self, folder):
        self.folder = folder
        done = subprocess.run(("kubectl", "kustomize", DEPLOY / folder), capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise SystemExit(f"deploy_check.py: {folder} does not render: {done.stderr.strip()}")
        self.objects = [item for item in yaml.safe_load_all(done.stdout) if item]

    def of(self, *kinds):
        return [item for item in self.objects if item["kind"] in kinds]

    def only(self, kind):
        """The one object of its kind, or the end of the check."""
        found = self.of(kind)
        if len(found) != 1:
            raise SystemExit(f"deploy_check.py: {self.folder} has {len(found)} of {kind}, want 1")
        return found[0]


def rules_of(objects):
    """Yield (role, rule) for every rule."""
    for role in objects:
        for rule in role["rules"]:
            yield role, rule


def check_rights(rendered):
    """Wide words, minted tokens, and the verbs on Secrets."""
    secret_verbs = set()
    for role, rule in rules_of(rendered.of(*ROLES)):
        where = f"{rendered.folder}: {role['kind']} {role['metadata']['name']}"
        verbs, resources = set(rule["verbs"]), rule.get("resources", [])
        for verb in sorted(verbs & FORBIDDEN_VERBS):
            yield f"{where}: verb {verb}"
        for word in rule.get("apiGroups", []) + resources + rule.get("nonResourceURLs", []):
            if "*" in word:
                yield f"{where}: wildcard {word}"
        kinds = {word.split("/")[0] for word in resources}
        if "serviceaccounts" in kinds:
            yield f"{where}: reaches ServiceAccounts or their tokens"
        if "secrets" in kinds:
            secret_verbs |= verbs
    want = SECRET_VERBS[rendered.folder]
    if secret_verbs != want:
        yield f"{rendered.folder}: verbs on secrets {sorted(secret_verbs)}, want {sorted(want)}"


def check_names(rendered):
    """The ServiceAccount is the same in the account, the bindings, the DaemonSet, the policy."""
    account = rendered.only("ServiceAccount")["metadata"]
    namespace, name = account["namespace"], account["name"]
    pod = rendered.only("DaemonSet")["spec"]["template"]["spec"]
    if pod["serviceAccountName"] != name:
        yield f"{rendered.folder}: the DaemonSet runs as {pod['serviceAccountName']}, not {name}"
    roles = {(role["kind"], role["metadata"]["name"]) for role in rendered.of(*ROLES)}
    for binding in rendered.of(*BINDINGS):
        where = f"{rendered.folder}: {binding['kind']} {binding['metadata']['name']}"
        if binding["subjects"] != [
                {"kind": "ServiceAccount", "name": name, "namespace": namespace}]:
            yield f"{where}: binds somebody other than {namespace}/{name}"
        bound = (binding["roleRef"]["kind"], binding["roleRef"]["name"])
        if bound not in roles:
            yield f"{where}: binds {bound}, which is not rendered"
        roles.discard(bound)
    for kind, role in sorted(roles):
        yield f"{rendered.folder}: {kind} {role} is bound to nobody"
    yield from check_fence(rendered, f"system:serviceaccount:{namespace}:{name}")


def check_fence(rendered, user):
    """The admission policies are bound, refuse, and are about the user."""
    bindings = {item["spec"]["policyName"]: item["spec"]
                for item in rendered.of("ValidatingAdmissionPolicyBinding")}
    policies = {item["metadata"]["name"]: item["spec"]
                for item in rendered.of("ValidatingAdmissionPolicy")}
    if set(policies) != set(FENCES) or set(bindings) != set(FENCES):
        yield f"{rendered.folder}: policies {sorted(policies)} bound by {sorted(bindings)}"
        return
    for name, spec in policies.items():
        where = f"{rendered.folder}: policy {name}"
        if bindings[name]["validationActions"] != ["Deny"] or spec["failurePolicy"] != "Fail":
            yield f"{where} does not refuse"
        expressions = [condition["expression"] for condition in spec["matchConditions"]]
        if expressions != [f"request.userInfo.username == '{user}'"]:
            yield f"{where} is not about {user} alone"
        rules = [(rule["resources"], rule["operations"])
                 for rule in spec["matchConstraints"]["resourceRules"]]
        if rules != [(FENCES[name], ["CREATE", "UPDATE", "DELETE"])]:
            yield f"{where} does not see every write"


def check_node(rendered):
    """One container, and folders that match the driver's name."""
    pod = rendered.only("DaemonSet")["spec"]["template"]["spec"]
    names = [item["name"] for item in pod["containers"] + pod.get("initContainers", [])]
    if names != ["agent"]:
        yield f"{rendered.folder}: containers {names}, want agent alone"
    driver = rendered.only("CSIDriver")["metadata"]["name"]
    paths = {volume["hostPath"]["path"] for volume in pod["volumes"]}
    want = {f"/var/lib/kubelet/{leaf}" for leaf in ("pods", "plugins_registry",
                                                    f"plugins/{driver}")}
    if paths != want:
        yield f"{rendered.folder}: host folders {sorted(paths)}, want {sorted(want)}"
    mounts = pod["containers"][0]["volumeMounts"]
    if {mount["mountPath"] for mount in mounts} != paths:
        yield f"{rendered.folder}: a host folder is mounted under another name"
    args = pod["containers"][0]["args"]
    for flag, folder in (("--watch-secrets", "overlays/watch-secrets"),
                         ("--cluster-external-secrets=on", "overlays/cluster-external-secrets")):
        if (flag in args) != (rendered.folder == folder):
            yield f"{rendered.folder}: {flag} does not go with the rights of {folder}"


def check_settable(rendered):
    """What docs/MIGRATION.md sets by a variable is no argument, which would win over it."""
    pod = rendered.only("DaemonSet")["spec"]["template"]["spec"]
    args = {arg.partition("=")[0] for arg in pod["containers"][0]["args"]}
    guide = MIGRATION_GUIDE.read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"LOCKSTEP_([A-Z_]+)=", guide))):
        flag = f"--{name.lower().replace('_', '-')}"
        if flag in args:
            yield (f"{rendered.folder}: {flag} is an argument, and docs/MIGRATION.md sets "
                   f"LOCKSTEP_{name}")


def check_definitions(rendered):
    """Both versions of a kind, and both kinds of store, have one schema."""
    schemas = {}
    for crd in rendered.of("CustomResourceDefinition"):
        plural = crd["spec"]["names"]["plural"]
        versions = {version["name"]: version for version in crd["spec"]["versions"]}
        flags = {name: (version["served"], version["storage"], version.get("deprecated", False))
                 for name, version in versions.items()}
        if plural == PUSHES:
            if flags != {"v1alpha1": (True, True, False)}:
                yield f"{plural}: versions {flags}"
            schemas[plural] = None
            continue
        if flags != {"v1": (True, True, False), "v1beta1": (True, False, True)}:
            yield f"{plural}: versions {flags}"
            continue
        if versions["v1"]["schema"] != versions["v1beta1"]["schema"]:
            yield f"{plural}: the versions differ in schema"
        properties = versions["v1"]["schema"]["openAPIV3Schema"]["properties"]
        schemas[plural] = (properties["spec"], properties["status"])
    if set(schemas) != {"externalsecrets", "clusterexternalsecrets", PUSHES, *STORES}:
        yield f"definitions of {sorted(schemas)}"
    elif schemas[STORES[0]] != schemas[STORES[1]]:
        yield "the two kinds of store differ in schema"


def check_examples():
    """Every example parses, objects or not, and its Roles read Secrets by name only."""
    for path in sorted((DEPLOY / "examples").rglob("*.yaml")):
        where = path.relative_to(ROOT)
        objects = [item for item in yaml.safe_load_all(path.read_text(encoding="utf-8")) if item]
        if not objects:
            yield f"{where}: empty"
        for _, rule in rules_of(item for item in objects if item.get("kind") in ROLES):
            if not rule.get("resourceNames") or rule["verbs"] != ["get"]:
                yield f"{where}: a rule that is wider than get by name"


def check_guide(rendered):
    """docs/RBAC.md has a line with every resource and verb that a rule grants."""
    lines = RBAC_GUIDE.read_text(encoding="utf-8").splitlines()
    for role, rule in rules_of(rendered.of(*ROLES)):
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                if not any(f"`{resource}`" in line and f"`{verb}`" in line for line in lines):
                    yield (f"docs/RBAC.md: no line has {verb} on {resource}, which "
                           f"{role['metadata']['name']} of {rendered.folder} grants")


def findings():
    yield from check_definitions(Rendered("crds"))
    for folder in SECRET_VERBS:
        rendered = Rendered(folder)
        for check in (check_rights, check_names, check_node, check_settable, check_guide):
            yield from check(rendered)
    unchecked = {path.parent.relative_to(DEPLOY).as_posix()
                 for path in DEPLOY.glob("overlays/*/kustomization.yaml")} - set(SECRET_VERBS)
    for folder in sorted(unchecked):
        yield f"{folder}: an overlay that this check does not know"
    yield from check_examples()


def main():
    found = sorted(set(findings()))
    for line in found:
        print(line)
    print(f"deploy_check.py: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
