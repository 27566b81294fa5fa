"""The deployer and the stacks against moto's server, which nobody here wrote.

usage: moto.py DEPLOY       DEPLOY is the program, and the working directory the project's root

A proxy stands before moto: it answers the calls that moto does not have, fills in what moto forgets, and adds the defaults
that ECS adds, the same as the stand-in. Every such thing is listed at the end.
"""

import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
import cfnlint.decode

REGION = "eu-central-1"
ENVIRONMENT = "staging"
KEYS = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a-secret", "AWS_DEFAULT_REGION": REGION}
ECS = "AmazonEC2ContainerServiceV20141113."
CLUSTER, SERVICE = f"walkthrough-{ENVIRONMENT}", "walkthrough"

# Kinds of resources that moto 5 can't create from a template.
NOT_IN_MOTO = {"AWS::CloudWatch::Alarm", "AWS::IAM::OIDCProvider", "AWS::SNS::Subscription"}

# What their names and those of a load balancer would be.
OUTPUTS = {"Alarms": "errors,latency", "ResourceLabel": "app/walkthrough/1/targetgroup/walkthrough/1"}

# What ECS adds to what it is given, by the path of the object that it is added to.
DEFAULTS = json.loads(pathlib.Path("ecs/stand-in/src/defaults.json").read_text())

# What moto can't show.
filled = set()


def at(value, path):
    """The objects at a path; of a list each item is meant."""
    if isinstance(value, list):
        return [found for item in value for found in at(item, path)]
    if not path:
        return [value]
    name, _, rest = path.partition(".")
    return at(value[name], rest) if value.get(name) else []


def add(described, defaults):
    """Puts the members in that are not there."""
    for path, members in defaults.items():
        for found in at(described, path):
            for name, default in members.items():
                if found.get(name) is None:
                    filled.add(f"the default of {'.'.join(part for part in (path, name) if part)}: not in moto")
                    found[name] = default


def wait_for(url):
    for _ in range(300):
        try:
            return urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError as answer:
            return answer
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} does not answer")


class Before(http.server.BaseHTTPRequestHandler):
    """The proxy, and the public address."""

    moto = None
    deployments = []
    sent = {}

    def do_GET(self):
        # The public address: what the service's task definition says, as its tasks would.
        if described_service() is None:
            return self.answer(503, {}, b"no task runs")
        variables, image = running()
        body = {"commit": variables.get("WALKTHROUGH_COMMIT"), "image_digest": image.split("@")[1]}
        return self.answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target", "")
        operation = target.removeprefix(ECS) if target.startswith(ECS) else ""
        own = getattr(self, f"own_{operation}", None)
        if own:
            filled.add(f"ecs:{operation}: not in moto, or nothing there runs; answered from the updates it took")
            status, headers, answer = 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(own(json.loads(body))).encode()
        else:
            status, headers, answer = self.forward(body)
            mend = getattr(self, f"mend_{operation}", None)
            if mend and status == 200:
                answer = json.dumps(mend(json.loads(body), json.loads(answer))).encode()
        self.answer(status, headers, answer)

    def forward(self, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        request = urllib.request.Request(self.moto + self.path, data=body, headers=headers)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, {"Content-Type": answer.headers.get("Content-Type", "")}, answer.read()

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def took(self, document):
        self.sent.update(document)
        # Like ECS: an update to the same starts nothing.
        if not self.deployments or self.deployments[-1] != document["taskDefinition"]:
            self.deployments.append(document["taskDefinition"])

    def mend_CreateService(self, document, answer):
        self.took(document)
        return answer

    mend_UpdateService = mend_CreateService

    def mend_DescribeServices(self, _, answer):
        for service in answer["services"]:
            filled.add("DescribeServices: moto forgets deploymentConfiguration, grace period and the like, and has no tasks to count")
            forgotten = {name: value for name, value in self.sent.items() if not service.get(name)}
            service.update({name: value for name, value in forgotten.items() if name not in ("service", "serviceName", "cluster")})
            service["runningCount"] = service["desiredCount"]
            for deployment in service["deployments"]:
                done = {"runningCount": service["desiredCount"], "rolloutState": "COMPLETED"}
                deployment.update(done, taskDefinition=service["taskDefinition"])
            add(service, DEFAULTS["service"])
            add(service, {"deploymentConfiguration.deploymentCircuitBreaker": DEFAULTS["circuitBreaker"]})
        return answer

    def mend_DescribeTaskDefinition(self, _, answer):
        add(answer["taskDefinition"], DEFAULTS["taskDefinition"])
        return answer

    def brief(self, index):
        return {
            "serviceDeploymentArn": f"arn:aws:ecs:{REGION}:123456789012:service-deployment/{CLUSTER}/{SERVICE}/{index}",
            "targetServiceRevisionArn": f"arn:aws:ecs:{REGION}:123456789012:service-revision/{CLUSTER}/{SERVICE}/{index}",
            "status": "SUCCESSFUL",
            "createdAt": 1767225600.0 + index,
        }

    def own_ListServiceDeployments(self, document):
        listed = [self.brief(index) for index in range(len(self.deployments))]
        states = document.get("status") or ["SUCCESSFUL"]
        return {"serviceDeployments": [one for one in listed if one["status"] in states]}

    def own_DescribeServiceDeployments(self, document):
        wanted = document["serviceDeploymentArns"]
        all_of_them = [self.brief(index) for index in range(len(self.deployments))]
        return {"serviceDeployments": [one for one in all_of_them if one["serviceDeploymentArn"] in wanted]}

    def own_DescribeServiceRevisions(self, document):
        return {
            "serviceRevisions": [
                {"serviceRevisionArn": arn, "taskDefinition": self.deployments[int(arn.rsplit("/", 1)[1])]}
                for arn in document["serviceRevisionArns"]
            ]
        }

    def own_ListTasks(self, document):
        running = document.get("desiredStatus", "RUNNING") == "RUNNING"
        count = described_service()["desiredCount"] if running else 0
        return {"taskArns": [f"arn:aws:ecs:{REGION}:123456789012:task/{CLUSTER}/{n}" for n in range(count)]}

    def own_DescribeTasks(self, document):
        image = running()[1]
        container = {"name": "walkthrough", "image": image, "imageDigest": image.split("@")[1], "lastStatus": "RUNNING"}
        return {
            "tasks": [
                {"taskArn": arn, "taskDefinitionArn": self.deployments[-1], "lastStatus": "RUNNING", "containers": [container]}
                for arn in document["tasks"]
            ],
            "failures": [],
        }


def client(name):
    keys = {"aws_access_key_id": "an-id", "aws_secret_access_key": "a-secret"}
    return boto3.client(name, region_name=REGION, endpoint_url=Before.moto, **keys)


def described_service():
    services = client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return services[0] if services else None


def running():
    """Environment and image of the task definition that moto's service has."""
    name = described_service()["taskDefinition"]
    container = client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]["containerDefinitions"][0]
    return {pair["name"]: pair["value"] for pair in container["environment"]}, container["image"]


def template_for_moto(file):
    """A stack of ours without what moto does not have, and with values for the outputs that it can't come up with."""
    template, problems = cfnlint.decode.decode(file)
    assert not problems, problems
    template = json.loads(json.dumps(template))
    for kind in sorted({resource["Type"] for resource in template["Resources"].values()} & NOT_IN_MOTO):
        filled.add(f"{kind}: not among moto's resources")
    template["Resources"] = {key: value for key, value in template["Resources"].items() if value["Type"] not in NOT_IN_MOTO}
    for resource in template["Resources"].values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            filled.add("DeletionPolicy RetainExceptOnCreate: taken for Delete; there it is Retain")
            resource["DeletionPolicy"] = "Retain"
    for key in OUTPUTS.keys() & template.get("Outputs", {}).keys():
        filled.add(f"{file}: the output {key}")
        template["Outputs"][key]["Value"] = OUTPUTS[key]
    return template


def make_stack(name, file, parameters):
    """Creates a stack of ours; its outputs, by name."""
    cloudformation = client("cloudformation")
    template = template_for_moto(file)
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    print(f"   stack {name}: {len(template['Resources'])} resources")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def put_index(architecture):
    """Puts an image index for that architecture into the registry; its digest."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    entry = {"mediaType": kind, "digest": f"sha256:{'0' * 64}", "size": 1, "platform": {"os": "linux", "architecture": architecture}}
    # Two for the same architecture differ by this.
    put_index.count += 1
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry], "annotations": {"n": str(put_index.count)}}
    manifest = json.dumps(index)
    digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
    # Without the digest moto makes one up, of a hundred possible ones: two images may then be one.
    put = {"imageManifest": manifest, "imageManifestMediaType": index["mediaType"], "imageDigest": digest}
    client("ecr").put_image(repositoryName="walkthrough", imageTag=f"try-{put_index.count}", **put)
    return digest


put_index.count = 0


def describe(folder, url):
    """The descriptions of this tree, with this machine's address and short limits."""
    shutil.copytree("ecs/environments", folder / "environments")
    for file in ("task-definition.json.j2", "service.json.j2"):
        shutil.copy(f"ecs/{file}", folder)
    file = folder / "environments" / f"{ENVIRONMENT}.toml"
    text = file.read_text()
    limits = {"url": url, "poll": "20ms", "rollout": "10s", "rollback": "10s", "site": "5s"}
    for key, value in limits.items():
        text, count = re.subn(rf"^{key} = .*$", f'{key} = "{value}"', text, flags=re.M)
        assert count == 1, key
    file.write_text(text)


@contextlib.contextmanager
def started(handler):
    """The proxy, with moto behind it; gives its address, and a folder for as long as it runs."""
    folder = pathlib.Path(tempfile.mkdtemp())
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    # The port next to one that was free is one that nobody had a minute ago.
    probe = http.server.HTTPServer(("127.0.0.1", 0), handler)
    port = probe.server_port
    probe.server_close()
    server = ["moto_server", "--host", "127.0.0.1", "--port", str(port)]
    moto = subprocess.Popen(server, stderr=subprocess.DEVNULL, env={**os.environ, "MOTO_ACM_VALIDATION_WAIT": "1"})
    Before.moto = f"http://127.0.0.1:{port}"
    try:
        wait_for(Before.moto + "/moto-api/")
        yield f"http://127.0.0.1:{proxy.server_port}", folder
    finally:
        moto.terminate()
        shutil.rmtree(folder)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with started(Before) as (url, folder):
        story(program, folder, url)
    print("what moto can't show:")
    for what in sorted(filled):
        print(f"  {what}")


def story(program, folder, url):
    github = {"GitHubOwner": "example", "GitHubOwnerId": "1", "GitHubRepositoryId": "2"}
    provider = client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"])
    provider = provider["OpenIDConnectProviderArn"]
    registry = make_stack("walkthrough-registry", "ecs/stacks/registry.yaml", {**github, "IdentityProvider": provider})
    certificate = client("acm").request_certificate(DomainName="staging.walkthrough.example.org")["CertificateArn"]
    outputs = make_stack(
        f"walkthrough-{ENVIRONMENT}",
        "ecs/stacks/environment.yaml",
        {
            **github,
            "EnvironmentName": ENVIRONMENT,
            "ClusterName": CLUSTER,
            "CertificateArn": certificate,
            "IdentityProvider": registry["IdentityProvider"],
        },
    )
    describe(folder, url)
    repository = registry["RepositoryUri"]
    first, second, arm = put_index("amd64"), put_index("amd64"), put_index("arm64")

    def deploy(expected, *arguments):
        environment = {**KEYS, "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}
        command = [program, "--directory", str(folder), "--json", *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert ended.returncode == expected, f"{arguments}: {ended.returncode}, not {expected}\n{ended.stdout}\n{ended.stderr}"
        report = json.loads(ended.stdout)
        print(f"{expected}  deploy {' '.join(arguments[:2])}: {report['summary']}")
        return report

    def wanted(command, digest, commit):
        return [command, ENVIRONMENT, "--image", f"{repository}@{digest}", "--commit", commit * 40]

    def revisions():
        return client("ecs").list_task_definitions()["taskDefinitionArns"]

    deploy(4, *wanted("apply", arm, "a"))
    deploy(4, *wanted("apply", f"sha256:{'9' * 64}", "a"))
    assert "nothing is deployed" in deploy(0, "status", ENVIRONMENT)["summary"]
    plan = deploy(2, *wanted("plan", first, "a"))
    assert any(change["path"] == "family" for change in plan["changes"])
    assert revisions() == [] and described_service() is None, "all of these only read"

    deploy(0, *wanted("apply", first, "a"))
    assert len(revisions()) == 1
    service = described_service()
    assert service["desiredCount"] == 2 and service["launchType"] == "FARGATE", service
    assert service["taskDefinition"] == revisions()[0]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert ",".join(network["subnets"]) == outputs["Subnets"] and network["assignPublicIp"] == "ENABLED", network
    assert service["loadBalancers"][0]["targetGroupArn"] == outputs["TargetGroup"], service
    task = client("ecs").describe_task_definition(taskDefinition=revisions()[0], include=["TAGS"])
    container = task["taskDefinition"]["containerDefinitions"][0]
    assert container["image"] == f"{repository}@{first}" and container["readonlyRootFilesystem"] is True, container
    assert task["taskDefinition"]["executionRoleArn"] == outputs["ExecutionRole"]
    assert {"key": "commit", "value": "a" * 40} in task["tags"], task

    plan = deploy(0, *wanted("plan", first, "a"))
    assert plan["changes"] == [], plan
    deploy(0, *wanted("apply", first, "a"))
    assert len(revisions()) == 1, "nothing was registered"

    plan = deploy(2, *wanted("plan", second, "b"))
    paths = {change["path"] for change in plan["changes"]}
    container = "containerDefinitions[walkthrough]"
    assert paths == {f"{container}.environment[WALKTHROUGH_COMMIT].value", f"{container}.image", "tags[commit].value"}, paths
    deploy(0, *wanted("apply", second, "b"))
    assert len(revisions()) == 2 and described_service()["taskDefinition"] == revisions()[1]
    status = deploy(0, "status", ENVIRONMENT)
    assert status["facts"]["digest"] == second and status["facts"]["commit"] == "b" * 40, status
    deploy(0, "verify", ENVIRONMENT)
    deploy(1, "verify", ENVIRONMENT, "--image", f"{repository}@{first}")
    deploy(0, "rollback", ENVIRONMENT)
    assert len(revisions()) == 2 and described_service()["taskDefinition"] == revisions()[0]

    scaling = {"ClusterName": CLUSTER, "ResourceLabel": outputs["ResourceLabel"], "Minimum": "2", "Maximum": "4"}
    try:
        make_stack("walkthrough-scaling", "ecs/stacks/scaling.yaml", scaling)
    except (KeyError, client("cloudformation").exceptions.ClientError) as error:
        filled.add(f"scaling.yaml: {error}")


if __name__ == "__main__":
    main()
