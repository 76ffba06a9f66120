using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class PostgresQuotingTests
{
    private static readonly string[] _texts = ["plain", "it's", "\"", "back\\slash\\'", "'; DROP ROLE x; --", "ünï\u202e😀", "a\nb", "$$", "E'"];

    [TestCaseSource(nameof(_texts))]
    public async Task Server_reads_a_literal_as_it_was_meant(string text)
    {
        foreach (var setting in (string[])["on", "off"])
        {
            var read = await TestDatabase.RunAsync(
                $"SET standard_conforming_strings = {setting}; SET escape_string_warning = off; SELECT {PostgresQuoting.Literal(text)}");
            Assert.That(read, Is.EqualTo(text), $"standard_conforming_strings = {setting}");
        }
    }

    [TestCaseSource(nameof(_texts))]
    public async Task Server_reads_an_identifier_as_it_was_meant(string name) =>
        Assert.That(
            await TestDatabase.RunAsync($"SELECT (row_to_json(t) ->> {PostgresQuoting.Literal(name)}) FROM (SELECT 'found' AS {PostgresQuoting.Identifier(name)}) t"),
            Is.EqualTo("found"));

    [Test]
    public void What_the_server_would_cut_off_or_cannot_hold_is_refused()
    {
        Assert.That(PostgresQuoting.Identifier(new string('x', 63)), Has.Length.EqualTo(65));
        foreach (var name in (string[])["", new string('x', 64), new string('ü', 32), "a\0b"])
        {
            Assert.Throws<ArgumentException>(() => PostgresQuoting.Identifier(name));
        }

        Assert.Throws<ArgumentException>(() => PostgresQuoting.Literal("a\0b"));
    }
}
