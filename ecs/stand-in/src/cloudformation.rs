//! The one call of AWS CloudFormation that a deployment makes, in the query protocol: a form in, XML out.

use crate::world::World;

/// Answers `DescribeStacks`: every stack has the outputs of the script; nothing if there is no stack.
pub(crate) fn describe_stacks(world: &World, stack: &str) -> Option<String> {
    let members = world.script.outputs.as_ref()?.iter().map(|(key, value)| {
        let (key, value) = (escape(key), escape(value));
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    });
    Some(format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks>\
         <member><StackName>{}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>{}</StackStatus><Outputs>{}</Outputs></member>\
         </Stacks></DescribeStacksResult></DescribeStacksResponse>",
        escape(stack),
        world.script.stack,
        members.collect::<String>()
    ))
}

/// An error in the query protocol.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>{}</Code><Message>{}</Message></Error></ErrorResponse>",
        escape(code),
        escape(message)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
