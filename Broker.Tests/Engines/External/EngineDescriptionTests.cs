using System.Text.Json.Nodes;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Engines that are others than the catalogue says.</summary>
internal sealed class EngineDescriptionTests : ExternalEngineFixture
{
    [Test]
    public async Task Engine_that_promises_less_than_expected_issues_nothing_and_revokes_all_the_same()
    {
        var request = TestExternal.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        Process.Description.Revocability = Protocol.Revocability.DenyList;

        var failure = await FailureOfAsync();
        var renewal = await Assert.ThrowsAsync<EngineException>(
            async () => await Engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime, Token));
        await Engine.RevokeAsync(TestLeases.LeaseOf(request), Token);

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(
            (failure.Message, renewal!.Message),
            Is.EqualTo(
                ("target external-target: the engine promises another revocability than the catalogue expects",
                "target external-target: the engine promises another revocability than the catalogue expects")));
        Assert.That(Process.Issues, Has.Count.EqualTo(1));
        Assert.That(Process.Accounts.IsRevoked(request.LeaseId.Value), Is.True);
    }

    [Test]
    public async Task Settings_that_the_engine_does_not_know_are_told_before_anything_is_issued()
    {
        await using var engine = EngineOf(settings =>
        {
            settings["engine_settings"] = new JsonObject { ["folder"] = 3, ["colour"] = Canary };
            settings["secrets"] = new JsonObject { ["other"] = new JsonObject { ["env"] = "NOWHERE" } };
        });
        var expected = "target external-target: engine_settings/folder must be a text; engine_settings/colour is not a setting of this engine; "
            + "secrets must have all that the engine requires: 1 missing; secrets/other is not a secret of this engine";

        var found = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));
        var refused = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That((found!.Message, refused!.Message), Is.EqualTo((expected, expected)));
        Assert.That(Process.Issues, Is.Empty);
        Assert.That(Counted(), Is.EqualTo(new[] { "not_as_expected", "not_as_expected" }));
    }

    [Test]
    public async Task Settings_of_a_grant_that_the_engine_does_not_know_are_told_before_anything_is_issued()
    {
        var grant = TestLeases.Grant("external", new { engine_settings = new { notebooks = "minutes", colour = Canary } });

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(TestExternal.Request(grant), Token));

        Assert.That(failure!.Message, Is.EqualTo(
            "target external-target: engine_settings/notebooks must be a list of texts; engine_settings/colour is not a setting of this engine"));
        Assert.That(Process.Issues, Is.Empty);
    }

    [Test]
    public async Task Names_that_only_the_engine_has_are_counted_and_not_told()
    {
        const string Name = "canary_7c1d";
        Process.Description.TargetSettings.Add(new SettingDescription { Name = Name, Kind = SettingKind.Text, Required = true });
        Process.Description.TargetSettings.Add(new SettingDescription { Name = $"{Name}_2", Kind = SettingKind.Secret, Required = true });
        var required = await FailureOfAsync();
        Process.Description.TargetSettings.Where(setting => setting.Name.StartsWith(Name, StringComparison.Ordinal)).ToList()
            .ForEach(setting => setting.Required = false);
        Process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = Name, Rule = SettingRule.Form } } };
        var found = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));

        Assert.That(required.Message, Is.EqualTo(
            "target external-target: engine_settings must have all that the engine requires: 1 missing; secrets must have all that the engine requires: 1 missing"));
        Assert.That(found!.Message, Is.EqualTo("target external-target: a setting that the catalogue does not have has not the right form"));
    }

    [Test]
    public async Task What_the_engine_finds_wrong_with_settings_is_told_in_the_brokers_words()
    {
        Process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = "folder", Rule = SettingRule.NotFound } } };
        var found = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));
        Process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = Canary, Rule = SettingRule.Form } } };
        var refused = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));

        Assert.That(found!.Message, Is.EqualTo("target external-target: folder names what does not exist or cannot be used"));
        Assert.That(refused!.Message, Does.EndWith("it must name settings of its description").And.Not.Contain(Canary));
    }
}
