//! Where a task writes its log, by its task definition; and how little of it is told.

use serde_json::Value;

use crate::service::SERVICE;

/// How many lines are told of a task that failed: what a program says last is mostly why it ended.
pub(crate) const LINES: i32 = 10;

/// How long a line that is told may be.
const LONGEST: usize = 200;

/// A log stream in CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The log group's name.
    pub group: String,
    /// The stream's name.
    pub name: String,
    /// The region it is in.
    pub region: String,
}

impl Stream {
    /// That of a task, by its described task definition; nothing if it writes none to CloudWatch. The driver awslogs
    /// names a stream PREFIX/CONTAINER/TASK.
    #[must_use]
    pub fn of(task_definition: &Value, task: &str) -> Option<Self> {
        let containers = task_definition["containerDefinitions"].as_array()?;
        let container = containers.iter().find(|container| container["name"] == SERVICE.name)?;
        let log = &container["logConfiguration"];
        let option = |name: &str| log["options"][name].as_str().map(str::to_owned);
        (log["logDriver"] == "awslogs").then_some(())?;
        let name = format!("{}/{}/{task}", option("awslogs-stream-prefix")?, SERVICE.name);
        Some(Self { group: option("awslogs-group")?, name, region: option("awslogs-region")? })
    }

    /// Where a person reads all of it: the console's page, where there is a console that is known.
    #[must_use]
    pub fn place(&self) -> String {
        let Some(console) = console(&self.region) else {
            return format!("stream {} of log group {} in {}", self.name, self.group, self.region);
        };
        format!(
            "https://{}.{console}/cloudwatch/home?region={}#logsV2:log-groups/log-group/{}/log-events/{}",
            self.region,
            self.region,
            encoded(&self.group),
            encoded(&self.name)
        )
    }
}

/// The host of the console, by the region's partition.
fn console(region: &str) -> Option<&'static str> {
    if region.starts_with("us-gov-") {
        return Some("console.amazonaws-us-gov.com");
    }
    let (area, rest) = region.split_once('-')?;
    // Those of secret clouds have three parts behind the area, as us-iso-east-1 has.
    let is_usual = rest.split('-').count() == 2;
    match area {
        "cn" => Some("console.amazonaws.cn"),
        "eusc" => Some("console.amazonaws-eusc.eu"),
        "af" | "ap" | "ca" | "eu" | "il" | "me" | "mx" | "sa" | "us" if is_usual => Some("console.aws.amazon.com"),
        _ => None,
    }
}

/// The console's own way to write what has a meaning in an address, behind its #.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("$25{byte:02X}") };
    text.bytes().map(encode).collect()
}

/// A line as it is told: short, and with nothing that a terminal would obey.
pub(crate) fn line(message: &str) -> String {
    let plain: String = message.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match plain.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task_definition(driver: &str) -> Value {
        json!({"containerDefinitions": [{"name": "walkthrough", "logConfiguration": {"logDriver": driver, "options": {
            "awslogs-group": "/walkthrough-dev/site", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "site",
        }}}]})
    }

    #[test]
    fn a_stream_is_named_by_prefix_container_and_task() {
        let stream = Stream::of(&task_definition("awslogs"), "7a").unwrap();
        assert_eq!((stream.group.as_str(), stream.name.as_str()), ("/walkthrough-dev/site", "site/walkthrough/7a"));
        assert_eq!(
            stream.place(),
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/\
             log-group/$252Fwalkthrough-dev$252Fsite/log-events/site$252Fwalkthrough$252F7a"
        );
        let of =
            |region: &str| Stream { region: region.to_owned(), group: "/a#b/c d".into(), ..stream.clone() }.place();
        for (region, start) in [
            ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
            ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/"),
            ("ap-southeast-7", "https://ap-southeast-7.console.aws.amazon.com/"),
            ("us-iso-east-1", "stream site/walkthrough/7a of log group /a#b/c d in us-iso-east-1"),
            ("eu-isoe-west-1", "stream "),
            ("xx-north-1", "stream "),
        ] {
            assert!(of(region).starts_with(start), "{}", of(region));
        }
        assert!(of("eu-central-1").contains("/$252Fa$2523b$252Fc$2520d/"), "{}", of("eu-central-1"));
        assert_eq!(Stream::of(&task_definition("splunk"), "7a"), None);
        assert_eq!(Stream::of(&json!({}), "7a"), None);
    }

    #[test]
    fn a_line_is_short_and_plain() {
        assert_eq!(line("\u{1b}[31mbad\r\n"), " [31mbad");
        assert_eq!(line(&"ä".repeat(500)), format!("{}…", "ä".repeat(LONGEST)));
    }
}
