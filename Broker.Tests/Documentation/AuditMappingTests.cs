using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using SecretsBroker.V1;

namespace SecretsBroker.Tests.Documentation;

/// <summary>The tables in <c>docs/audit.md</c> against the explanation that they speak of.</summary>
internal sealed partial class AuditMappingTests
{
    private static readonly string[] Rows =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "docs", "audit.md"))
            .SkipWhile(line => !line.StartsWith("## What auditors ask for", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|') && !line.StartsWith("| |", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal)),
    ];

    private static IEnumerable<string> Fields => Rows.SelectMany(row => Quoted().Matches(row)).Select(match => match.Groups[1].Value).Distinct();

    [TestCaseSource(nameof(Fields))]
    public void Every_field_that_is_named_exists(string path)
    {
        var message = LeaseExplanation.Descriptor;
        FieldDescriptor? field = null;
        foreach (var name in path.Split('.'))
        {
            Assert.That(message, Is.Not.Null, $"{path} goes deeper than there are fields");
            field = message.FindFieldByName(name);
            Assert.That(field, Is.Not.Null, $"{name} of {path}");
            message = field!.FieldType == FieldType.Message ? field.MessageType : null;
        }
    }

    [Test]
    public void Every_risk_and_every_layer_has_a_row()
    {
        var names = Rows.Select(row => row.Split('|', StringSplitOptions.TrimEntries)[1]).ToList();

        Assert.That(names, Is.SupersetOf(Enumerable.Range(1, 10).Select(number => $"ASI{number:00}")));
        Assert.That(names, Is.SupersetOf(Enumerable.Range(1, 7).Select(number => $"{number}")));
        Assert.That(names, Has.Some.StartsWith("GOVERN").And.Some.StartsWith("MAP").And.Some.StartsWith("MEASURE").And.Some.StartsWith("MANAGE"));
    }

    [GeneratedRegex("`([a-z_.]+)`")]
    private static partial Regex Quoted();
}
