namespace SecretsBroker.Tests.Samples;

/// <summary>The external engine of the samples' catalogue and the unit that runs it as another user are about one engine.</summary>
internal sealed class NotebooksUnitTests
{
    private static readonly string Catalog = File.ReadAllText(Path.Combine(Repository.Root, "samples", "catalog", "external.yaml"));
    private static readonly string[] Unit =
        File.ReadAllLines(Path.Combine(Repository.Root, "samples", "external-engine-python", "notebooks-engine.service"));

    [Test]
    public void Catalogue_names_the_units_program_and_socket()
    {
        var start = Setting("ExecStart").Split(' ');

        Assert.That(Catalog, Does.Contain($"- {start[1]}\n").And.Contain($"`socket: {start[Array.IndexOf(start, "--socket") + 1]}`"));
    }

    [Test]
    public void Unit_makes_the_file_that_the_catalogue_names_with_the_programs_neighbour()
    {
        var folder = Path.GetDirectoryName(Setting("ExecStart").Split(' ')[1]);
        var file = Catalog.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("file: ", StringComparison.Ordinal))["file: ".Length..];

        Assert.That(Setting("ExecStartPre"), Does.Contain($"test -e {file} ||").And.Contain($"{folder}/notebooks.py {file}"));
        Assert.That(Path.GetDirectoryName(file), Is.EqualTo($"/var/lib/{Setting("StateDirectory")}"));
    }

    private static string Setting(string name) => Unit.Single(line => line.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..];
}
