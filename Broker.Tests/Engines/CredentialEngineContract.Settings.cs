using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Engines;

internal abstract partial class CredentialEngineContract
{
    private static readonly string[] _noObjects = ["[]", "\"text\"", "1", "null"];

    [Test]
    public void Valid_settings_have_no_fault() =>
        Assert.That(FaultsOf(Target, Grant), Is.Empty);

    [Test]
    public void Unknown_settings_are_all_reported()
    {
        var target = With(Target, node => (node["unheard_of"], node["colour"]) = (1, "red"));
        var grant = With(Grant, node => node["unheard_of"] = true);

        Assert.That(Paths(FaultsOf(target, grant)), Is.EquivalentTo(
            (string[])
            [
                $"targets/{Target.Name}/settings/unheard_of",
                $"targets/{Target.Name}/settings/colour",
                $"grants/{Grant.Name}/settings/unheard_of",
            ]));
    }

    [TestCaseSource(nameof(_noObjects))]
    public void Settings_that_are_no_object_are_reported(string json)
    {
        var settings = JsonDocument.Parse(json).RootElement;

        Assert.That(Paths(FaultsOf(Target with { Settings = settings }, Grant)), Does.Contain($"targets/{Target.Name}/settings"));
        Assert.That(Paths(FaultsOf(Target, Grant with { Settings = settings })), Does.Contain($"grants/{Grant.Name}/settings"));
    }

    [Test]
    public void Members_of_the_wrong_type_are_all_reported()
    {
        var paths = Paths(FaultsOf(With(Target, SpoilAll), With(Grant, SpoilAll))).ToArray();

        using (Assert.EnterMultipleScope())
        {
            foreach (var member in Members(Target.Settings))
            {
                Assert.That(paths, Has.Some.StartsWith($"targets/{Target.Name}/settings/{member}"));
            }

            foreach (var member in Members(Grant.Settings))
            {
                Assert.That(paths, Has.Some.StartsWith($"grants/{Grant.Name}/settings/{member}"));
            }
        }
    }

    [Test]
    public void Wrong_values_are_all_reported()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var wrong in Wrong)
            {
                var faults = FaultsOf(With(Target, wrong.ChangeTarget), With(Grant, wrong.ChangeGrant));
                Assert.That(Paths(faults), Is.SupersetOf(wrong.Paths), wrong.Because);
                Assert.That(faults.Select(f => f.Rule), Is.All.Not.Empty, wrong.Because);
            }
        }
    }

    protected static Target With(Target target, Action<JsonObject> change) => target with { Settings = Changed(target.Settings, change) };

    protected static Grant With(Grant grant, Action<JsonObject> change) => grant with { Settings = Changed(grant.Settings, change) };

    private static JsonElement Changed(JsonElement settings, Action<JsonObject> change)
    {
        var node = settings.ValueKind == JsonValueKind.Object ? JsonObject.Create(settings)! : [];
        change(node);
        return JsonSerializer.SerializeToElement(node);
    }

    private static string[] Members(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object ? [.. settings.EnumerateObject().Select(m => m.Name)] : [];

    private static void SpoilAll(JsonObject node)
    {
        foreach (var member in node.Select(m => m.Key).ToArray())
        {
            // No setting of any engine is a list of lists.
            node[member] = new JsonArray(new JsonArray());
        }
    }

    private static IEnumerable<string> Paths(IReadOnlyList<CatalogFault> faults) => faults.Select(f => f.Path);

    private IReadOnlyList<CatalogFault> FaultsOf(Target target, Grant grant)
    {
        var faults = new CatalogFaults();
        Type.ValidateTarget(target, faults);
        Type.ValidateGrant(grant, target, faults);
        return faults.All;
    }

    /// <param name="Because">Shown when the test fails.</param>
    /// <param name="Paths">Each must be reported: <c>targets/NAME/settings/port</c>, with the fixture's own names.</param>
    protected sealed record WrongSettings(string Because, params string[] Paths)
    {
        public Action<JsonObject> ChangeTarget { get; init; } = _ => { };

        public Action<JsonObject> ChangeGrant { get; init; } = _ => { };
    }
}
