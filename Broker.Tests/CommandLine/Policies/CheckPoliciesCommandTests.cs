namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class CheckPoliciesCommandTests
{
    private CompanyFolder _company = null!;

    [SetUp]
    public void MakeFolder() => _company = new CompanyFolder();

    [TearDown]
    public void RemoveFolder() => _company.Dispose();

    [Test]
    public async Task What_has_no_faults_is_counted()
    {
        var run = await BrokerRun.InvokeAsync("policy", "check", "--config", _company.Configuration);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("3 about agents, 1 about operators").And.Contain("2 grants on 1 targets"));
    }

    [Test]
    public async Task Faults_of_policies_and_catalogue_are_told_together()
    {
        _company.Write("policies/b.cedar", "permit (principal, action);");
        _company.Write("catalog/b.yaml", "grants: [{ name: x }]");

        var run = await BrokerRun.InvokeAsync(
            "policy", "check", "--folder", _company.PathOf("policies"), "--catalog", _company.PathOf("catalog"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("Policy: b.cedar:1:26").And.Contain("Catalog: b.yaml:1"));
    }

    [Test]
    public async Task Without_folders_it_says_how_to_name_them()
    {
        var run = await BrokerRun.InvokeAsync("policy", "check", "--folder", _company.PathOf("policies"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("--catalog"));
    }
}
