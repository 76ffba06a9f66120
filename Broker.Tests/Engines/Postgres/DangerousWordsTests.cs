using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class DangerousWordsTests
{
    [TestCase("ALTER ROLE {{group}} SUPERUSER", "SUPERUSER")]
    [TestCase("alter role {{group}} createrole", "createrole")]
    [TestCase("ALTER ROLE {{group}} CREATEDB", "CREATEDB")]
    [TestCase("ALTER ROLE {{group}}\nREPLICATION", "REPLICATION")]
    [TestCase("ALTER ROLE {{group}} BypassRLS", "BypassRLS")]
    [TestCase("GRANT pg_execute_server_program TO {{group}}", "pg_execute_server_program")]
    [TestCase("GRANT \"pg_read_all_data\" TO {{group}}", "pg_read_all_data")]
    [TestCase("DO $$ BEGIN EXECUTE 'GRANT p' || 'g_monitor TO x'; END $$", "DO")]
    [TestCase("GRANT U&\"p\\0067_monitor\" TO {{group}}", "U&")]
    public void Dangerous_word_is_found(string statement, string word) =>
        Assert.That(DangerousWords.FirstIn(statement), Is.EqualTo(word));

    [TestCase("GRANT SELECT, UPDATE (amount) ON public.invoices TO {{group}}")]
    [TestCase("GRANT EXECUTE ON FUNCTION pg_catalog.version() TO {{group}}")]
    [TestCase("GRANT SELECT ON superusers, do_not_call, my_pg_table TO {{group}}")]
    public void Everyday_statement_has_none(string statement) => Assert.That(DangerousWords.FirstIn(statement), Is.Null);
}
