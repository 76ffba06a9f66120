namespace SecretsBroker.Tests.Engines.Postgres;

[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class PostgresVersionsTests(string version) : PostgresFixture(version)
{
    private readonly string _version = version;

    [Test]
    public async Task Server_is_of_the_version_and_passes_the_check()
    {
        await Engine.CheckAsync(Token);

        var major = await MajorVersionAsync();
        Assert.That(
            $"{major}", _version == PostgresVersions.Installed ? Is.Not.Empty : Is.EqualTo(_version.Replace(PostgresVersions.FunctionsMark, "", StringComparison.Ordinal)));
    }
}
