using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class CheckPoliciesCommandTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        Write("catalog/a.yaml", PolicyExamples.Catalog);
        Write("policies/a.cedar", PolicyExamples.Policies);
        Write("broker.yaml", "Catalog:\n  Folder: catalog\nPolicy:\n  Folder: policies\n");
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task What_has_no_faults_is_counted()
    {
        var run = await BrokerRun.InvokeAsync("policy", "check", "--config", PathOf("broker.yaml"));

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("3 about agents, 1 about operators").And.Contain("2 grants on 1 targets"));
    }

    [Test]
    public async Task Faults_of_policies_and_catalogue_are_told_together()
    {
        Write("policies/b.cedar", "permit (principal, action);");
        Write("catalog/b.yaml", "grants: [{ name: x }]");

        var run = await BrokerRun.InvokeAsync("policy", "check", "--folder", PathOf("policies"), "--catalog", PathOf("catalog"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("Policy: b.cedar:1:26").And.Contain("Catalog: b.yaml:1"));
    }

    [Test]
    public async Task Without_folders_it_says_how_to_name_them()
    {
        var run = await BrokerRun.InvokeAsync("policy", "check", "--folder", PathOf("policies"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("--catalog"));
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }
}
