"""Who is woken by the alarms of an environment: nobody, or whom the stack is told, by every one of them.

usage: alarms.py            the working directory is the project's root
"""

import copy
import itertools
import unittest

import iam

STACK = "ecs/stacks/environment.yaml"
SUBSCRIPTIONS = {"AlarmEmail": ("email", "on-call@example.org"), "AlarmWebhook": ("https", "https://example.org/sns")}


def stack(given):
    parameters = {name: SUBSCRIPTIONS[name][1] for name in given}
    return iam.Template(STACK, {**parameters, "AWS::StackName": "walkthrough-staging"}, {"AlarmTopic": "the topic", "AWS::NoValue": None})


def made(template, kind):
    """The resources of a kind that are made with these parameters, by their logical names."""
    return {
        name: resource["Properties"] if "Properties" in resource else {}
        for name, resource in template.resources.items()
        if resource["Type"] == kind and ("Condition" not in resource or template.resolve({"Condition": resource["Condition"]}))
    }


def faults(template, given):
    topics = made(template, "AWS::SNS::Topic")
    if set(topics) != ({"AlarmTopic"} if given else set()):
        yield f"topics: {sorted(topics)}"
    subscribed = [template.resolve(one) for one in made(template, "AWS::SNS::Subscription").values()]
    expected = [{"TopicArn": "the topic", "Protocol": SUBSCRIPTIONS[one][0], "Endpoint": SUBSCRIPTIONS[one][1]} for one in given]
    if sorted(subscribed, key=str) != sorted(expected, key=str):
        yield f"subscriptions: {subscribed}"
    alarms = made(template, "AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        for when in ("AlarmActions", "OKActions"):
            told = template.resolve(alarm.get(when))
            if told != (["the topic"] if given else None):
                yield f"{name} tells {told} by its {when}"
    stops = template.template["Outputs"]["Alarms"]["Value"]["Fn::Join"][1]
    if [one["Ref"] for one in stops] != list(alarms):
        yield "not every alarm stops a deployment"


class Alarms(unittest.TestCase):
    def test_every_alarm_tells_whom_the_stack_was_told(self):
        for count in range(len(SUBSCRIPTIONS) + 1):
            for given in itertools.combinations(SUBSCRIPTIONS, count):
                self.assertEqual([], list(faults(stack(given), given)), given)

    def test_an_alarm_that_tells_nobody_is_found(self):
        given = ("AlarmEmail",)
        names = made(stack(given), "AWS::CloudWatch::Alarm")
        self.assertTrue(names)
        for name in names:
            for when in ("AlarmActions", "OKActions"):
                template = copy.deepcopy(stack(given))
                del template.resources[name]["Properties"][when]
                self.assertTrue(list(faults(template, given)), (name, when))


if __name__ == "__main__":
    unittest.main()
