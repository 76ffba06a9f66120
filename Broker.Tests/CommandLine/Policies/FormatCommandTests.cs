using System.Runtime.Versioning;
using SecretsBroker.Tests.Policy;

namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class FormatCommandTests
{
    private const string Untidy = "// All may.\npermit(principal,action,resource);";
    private const string Tidy = "// All may.\npermit (principal, action, resource);\n";

    private PolicyFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new PolicyFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task A_file_is_formatted_in_place()
    {
        _folder.Write(Untidy).Write(Tidy, "b.cedar");

        var run = await BrokerRun.InvokeAsync("policy", "fmt", PathOf("a.cedar"), PathOf("b.cedar"));

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("a.cedar: formatted").And.Not.Contain("b.cedar"));
        Assert.That(Read("a.cedar"), Is.EqualTo(Tidy));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Check_names_the_file_and_changes_nothing()
    {
        _folder.Write(Untidy).Write(Tidy, "b.cedar");

        var run = await BrokerRun.InvokeAsync("policy", "fmt", "--check", PathOf("a.cedar"), PathOf("b.cedar"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("a.cedar").And.Not.Contain("b.cedar"));
        Assert.That(Read("a.cedar"), Is.EqualTo(Untidy));
    }

    [Test]
    public async Task A_faulty_file_is_left_alone_and_its_faults_are_told()
    {
        _folder.Write("permit (principal, action);").Write(Untidy, "b.cedar");

        var run = await BrokerRun.InvokeAsync("policy", "fmt", PathOf("a.cedar"), PathOf("b.cedar"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("a.cedar(1,26)"));
        Assert.That(Read("a.cedar"), Is.EqualTo("permit (principal, action);"));
        Assert.That(Read("b.cedar"), Is.EqualTo(Tidy));
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    public async Task A_link_stays_a_link_and_the_mode_is_kept()
    {
        Assume.That(OperatingSystem.IsLinux());
        _folder.Write(Untidy);
        File.SetUnixFileMode(PathOf("a.cedar"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(PathOf("link.cedar"), PathOf("a.cedar"));

        var run = await BrokerRun.InvokeAsync("policy", "fmt", PathOf("link.cedar"));

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(new FileInfo(PathOf("link.cedar")).LinkTarget, Is.Not.Null);
        Assert.That(Read("a.cedar"), Is.EqualTo(Tidy));
        Assert.That(File.GetUnixFileMode(PathOf("a.cedar")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private string Read(string name) => File.ReadAllText(PathOf(name));
}
