using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using SecretsBroker.Engines;
using SecretsBroker.Tests.Catalog;
using SecretsBroker.Tests.Engines.RedisAcl;

namespace SecretsBroker.Tests.Documentation;

/// <summary><c>docs/engines/</c> against the engines that exist: who knows one page finds their way in all of them.</summary>
internal sealed partial class EnginePagesTests
{
    private static readonly string[] Parts = ["What the broker's own account needs", "What a lease gets", "What revoking does and proves", "Limits"];

    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    private static IEnumerable<string> Engines => CatalogFolder.Types.Select(type => type.Name);

    [Test]
    public void No_engine_of_the_broker_is_left_out_here() => Assert.That(
        CatalogFolder.Types.Select(type => type.GetType()),
        Is.EquivalentTo(typeof(ICredentialEngineType).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ICredentialEngineType)))));

    [Test]
    public void There_is_a_page_for_every_engine_and_no_other() => Assert.That(
        Directory.EnumerateFiles(Path.Combine(Docs, "engines")).Select(Path.GetFileName), Is.EquivalentTo(Engines.Select(engine => $"{engine}.md")));

    [TestCaseSource(nameof(Engines))]
    public void Page_begins_with_the_four_parts_in_their_order(string engine) =>
        Assert.That(HeadingsOf(ReadPage(engine)).Take(Parts.Length), Is.EqualTo(Parts));

    [TestCaseSource(nameof(Engines))]
    public void No_part_is_empty(string engine) =>
        Assert.That(ReadPage(engine).Split("\n## ").Select(part => part[part.IndexOf('\n', StringComparison.Ordinal)..].Trim()), Is.All.Not.Empty);

    [TestCaseSource(nameof(Engines))]
    public void Page_leads_to_its_example_and_its_settings(string engine) => Assert.That(
        ReadPage(engine), Does.Contain($"](../../samples/catalog/{engine}.yaml)").And.Contain($"](../catalogue.md#settings-of-{engine})"));

    [TestCaseSource(nameof(Engines))]
    public void Overview_leads_to_the_page(string engine) =>
        Assert.That(File.ReadAllText(Path.Combine(Docs, "engines.md")), Does.Contain($"| [`{engine}`](engines/{engine}.md) |"));

    [TestCaseSource(nameof(Engines))]
    public void Page_tells_by_which_messages_a_lease_is_asked_for_and_answered(string engine)
    {
        var messages = ReadPage(engine).Split('\n').Single(line => line.StartsWith("Asked for with ", StringComparison.Ordinal)).Split('`');

        Assert.That(KindsOf(SecretsBroker.V1.CredentialRequest.Descriptor), Does.Contain(messages[1]));
        Assert.That(KindsOf(SecretsBroker.V1.Secret.Descriptor), Does.Contain(messages[3]));
    }

    [Test]
    public void Account_at_redis_has_in_the_tests_what_its_page_gives_it() =>
        Assert.That(RedisRights().Matches(ReadPage("redis-acl")).Select(right => right.Value), Is.EqualTo(RedisNodes.BrokerRights));

    private static string ReadPage(string engine) => File.ReadAllText(Path.Combine(Docs, "engines", $"{engine}.md")).ReplaceLineEndings("\n");

    private static IEnumerable<string> HeadingsOf(string page) =>
        page.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);

    private static IEnumerable<string> KindsOf(MessageDescriptor message) =>
        message.Oneofs[0].Fields.Where(field => field.FieldType == FieldType.Message).Select(field => field.MessageType.Name);

    [GeneratedRegex(@"(?<=[ '])\+[a-z|]+")]
    private static partial Regex RedisRights();
}
