using SecretsBroker.Tests.Engines.X509;

namespace SecretsBroker.Tests.CommandLine;

internal sealed class AuthorityRequestCommandTests
{
    [Test]
    public async Task Company_s_authority_signs_the_request_and_the_broker_signs_below_it()
    {
        X509Files.RequireOpenssl();
        using var files = new X509Files();
        WriteConfiguration(files);
        await X509Files.OpensslAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=Company Root",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", files.PathOf("company.key"), "-out", files.PathOf("company.pem"));

        var run = await RequestAsync(files, "agents-ca");
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var signed = await X509Files.OpensslAsync(
            "x509", "-req", "-in", files.Write("agents-ca.csr", run.Output), "-CA", files.PathOf("company.pem"),
            "-CAkey", files.PathOf("company.key"), "-days", "1", "-copy_extensions", "copyall");
        var root = await File.ReadAllTextAsync(files.PathOf("company.pem"));
        await File.WriteAllTextAsync(files.CertificatePath, signed + root);
        await using var engine = files.Engine("intermediate");
        using var credential = await X509Files.IssueAsync(engine);

        Assert.That(run.Output + run.Errors, Does.Not.Contain("PRIVATE").And.Not.Contain(File.ReadAllLines(files.KeyPath)[1]));
        Assert.That(await files.VerifyAsync(credential.CertificateChain, root, "-purpose", "sslclient"), Does.EndWith(": OK\n"));
        var text = await X509Files.OpensslAsync("x509", "-in", files.CertificatePath, "-noout", "-text");
        Assert.That(text, Does.Contain("CA:TRUE, pathlen:0").And.Contain("URI:example.org").And.Contain("Certificate Sign, CRL Sign"));
        Assert.That((await RequestAsync(files, "agents-ca")).ExitCode, Is.Zero, "it can be asked for again");
    }

    [Test]
    public async Task Target_that_is_no_intermediate_is_told()
    {
        using var files = new X509Files();
        WriteConfiguration(files);

        var (own, unknown) = (await RequestAsync(files, "own-ca"), await RequestAsync(files, "nowhere"));

        Assert.That((own.ExitCode, unknown.ExitCode), Is.EqualTo((1, 1)));
        Assert.That(own.Errors, Does.Contain("own-ca is not a target of the catalogue with the setting authority: intermediate"));
        Assert.That(unknown.Errors, Does.Contain("nowhere is not a target"));
        Assert.That(File.Exists(files.KeyPath), Is.False);
    }

    [Test]
    public async Task Authority_that_has_ended_or_has_another_key_is_told_by_the_check()
    {
        using var files = new X509Files();
        WriteConfiguration(files);
        using var root = TestAuthority.Root();
        using var ended = root.Sign("Ended", lifetime: TimeSpan.FromMinutes(-1));
        using var other = root.Sign("Other");
        ended.WriteTo(files.KeyPath, files.CertificatePath, root);
        ended.WriteTo(files.PathOf("own.key"), files.PathOf("own.pem"), root);
        await File.WriteAllTextAsync(files.PathOf("own.pem"), other.Pem + root.Pem);

        var run = await ProgramRun.OfBrokerAsync("check", "--online", "--config", files.PathOf("broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Errors, Does.Contain("Catalog: targets/agents-ca: the certificate authority of target agents-ca has ended"));
        Assert.That(run.Errors, Does.Contain("Catalog: targets/own-ca: ").And.Contain("does not begin with the certificate of key_file"));
    }

    private static Task<ProgramRun> RequestAsync(X509Files files, string target) =>
        ProgramRun.OfBrokerAsync("target", "ca-request", target, "--config", files.PathOf("broker.yaml"));

    private static void WriteConfiguration(X509Files files)
    {
        Directory.CreateDirectory(files.PathOf("catalog"));
        files.Write("broker.yaml", "Catalog: { Folder: catalog }");
        File.WriteAllText(Path.Combine(files.PathOf("catalog"), "all.yaml"), $$"""
            targets:
              - name: agents-ca
                engine: x509
                settings:
                  authority: intermediate
                  key_file: "{{files.KeyPath}}"
                  certificate_file: "{{files.CertificatePath}}"
                  name_constraints: { uris: [example.org] }
              - name: own-ca
                engine: x509
                settings:
                  key_file: "{{files.PathOf("own.key")}}"
                  certificate_file: "{{files.PathOf("own.pem")}}"
            """);
    }
}
