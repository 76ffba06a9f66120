using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.CommandLine;

internal sealed class RotatePasswordCommandTests
{
    [Test]
    public async Task Account_has_a_new_password_and_nothing_of_it_is_printed()
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }

        await using var server = await PostgresServer.StartAsync();
        using var folder = Write(server.Port);
        var passwordFile = Path.Combine(folder.Path, "password");
        await File.WriteAllTextAsync(passwordFile, server.Password);

        var run = await RotateAsync(folder, "orders-db");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var password = await File.ReadAllTextAsync(passwordFile);
        Assert.That(password, Is.Not.EqualTo(server.Password));
        Assert.That(run.Output + run.Errors, Does.Contain("orders-db").And.Not.Contain(password));
        Assert.That((await RotateAsync(folder, "orders-db")).ExitCode, Is.Zero, "the new one does not work");
    }

    [Test]
    public async Task Server_that_is_not_there_and_target_that_is_not_there_are_told()
    {
        using var folder = Write(FreePort.Next());
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "password"), "the old one");

        var (unreachable, unknown) = (await RotateAsync(folder, "orders-db"), await RotateAsync(folder, "nowhere"));

        Assert.That((unreachable.ExitCode, unknown.ExitCode), Is.EqualTo((2, 1)));
        Assert.That(unreachable.Errors, Does.Contain("no connection"));
        Assert.That(unknown.Errors, Does.Contain("nowhere is not a postgres target"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(folder.Path, "password")), Is.EqualTo("the old one"));
    }

    [Test]
    public async Task Fault_elsewhere_in_the_configuration_does_not_matter()
    {
        using var folder = Write(port: 5432);
        File.WriteAllText(Path.Combine(folder.Path, "broker.yaml"), "Catalog: { Folder: catalog, ReloadInterval: soon }");

        var run = await RotateAsync(folder, "nowhere");

        Assert.That((run.ExitCode, run.Errors.Trim()), Is.EqualTo((1, "nowhere is not a postgres target of the catalogue")));
    }

    private static Task<ProgramRun> RotateAsync(TemporaryFolder folder, string target) => ProgramRun.OfBrokerAsync(
        "target", "rotate-password", target, "--config", Path.Combine(folder.Path, "broker.yaml"));

    private static TemporaryFolder Write(int port)
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "catalog"));
        File.WriteAllText(Path.Combine(folder.Path, "broker.yaml"), "Catalog: { Folder: catalog }");
        File.WriteAllText(Path.Combine(folder.Path, "catalog", "all.yaml"), $$"""
            targets:
              - name: orders-db
                engine: postgres
                settings:
                  host: 127.0.0.1
                  port: {{port}}
                  database: postgres
                  username: postgres
                  password: { file: {{Path.Combine(folder.Path, "password")}} }
                  tls_mode: disable
            """);
        return folder;
    }
}
