using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class PrivilegesReaderTests
{
    [Test]
    public void Privileges_become_statements_of_quoted_names()
    {
        var (privileges, faults) = Read("""
            {
                "tables": { "public.invoices": ["SELECT", "INSERT"], "\"Odd.\"\"Schema\"\"\".\"T\"": ["DELETE"] },
                "columns": { "public.payroll": { "SELECT": ["id", "Full \"Name\""], "UPDATE": ["id"] } },
                "sequences": { "public.invoices_id_seq": ["USAGE"] },
                "functions": ["public.total(integer, text[])", "billing.\"Close\"()"]
            }
            """);

        Assert.That(faults, Is.Empty);
        Assert.That(privileges.Select(privilege => privilege.GrantTo("g")), Is.EqualTo(new[]
        {
            "GRANT USAGE ON SCHEMA \"Odd.\"\"Schema\"\"\" TO \"g\"",
            "GRANT USAGE ON SCHEMA \"billing\" TO \"g\"",
            "GRANT USAGE ON SCHEMA \"public\" TO \"g\"",
            "GRANT SELECT, INSERT ON TABLE \"public\".\"invoices\" TO \"g\"",
            "GRANT DELETE ON TABLE \"Odd.\"\"Schema\"\"\".\"T\" TO \"g\"",
            "GRANT SELECT (\"id\", \"Full \"\"Name\"\"\") ON TABLE \"public\".\"payroll\" TO \"g\"",
            "GRANT UPDATE (\"id\") ON TABLE \"public\".\"payroll\" TO \"g\"",
            "GRANT USAGE ON SEQUENCE \"public\".\"invoices_id_seq\" TO \"g\"",
            "GRANT EXECUTE ON FUNCTION \"public\".\"total\"(integer, text[]) TO \"g\"",
            "GRANT EXECUTE ON FUNCTION \"billing\".\"Close\"() TO \"g\"",
        }));
    }

    [TestCase("invoices", TestName = "Name_without_a_schema_is_refused")]
    [TestCase("public.invoices.id", TestName = "Name_of_three_parts_is_refused")]
    [TestCase("public.Invoices", TestName = "Name_that_would_be_folded_is_refused")]
    [TestCase("public.invoices; DROP TABLE invoices", TestName = "Name_that_goes_on_as_SQL_is_refused")]
    [TestCase("public.\"invoices\"; DROP TABLE invoices; --\"", TestName = "Name_whose_quotes_are_closed_early_is_refused")]
    [TestCase("public.\"\"", TestName = "Empty_name_is_refused")]
    [TestCase("public.\"a\0b\"", TestName = "Name_with_a_NUL_is_refused")]
    [TestCase("public.x234567890123456789012345678901234567890123456789012345678901234", TestName = "Name_of_64_bytes_is_refused")]
    [TestCase("public.\"üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü\"", TestName = "Name_of_32_letters_and_64_bytes_is_refused")]
    public void Names(string name)
    {
        var (privileges, faults) = Read(JsonSerializer.Serialize(new { tables = new Dictionary<string, string[]> { [name] = ["SELECT"] } }));

        Assert.That(faults.Select(fault => fault.Path), Is.EqualTo(new[] { $"grants/g/settings/tables/{name}" }));
        Assert.That(privileges, Is.Empty);
    }

    [TestCase("public.f", TestName = "Function_without_its_arguments_is_refused")]
    [TestCase("public.f(int); DROP TABLE invoices; --()", TestName = "Function_that_goes_on_as_SQL_is_refused")]
    [TestCase("public.f(int) TO postgres; --)", TestName = "Argument_that_goes_on_as_SQL_is_refused")]
    [TestCase("public.f(double precision)", TestName = "Type_of_two_words_is_refused")]
    [TestCase("f(int)", TestName = "Function_without_a_schema_is_refused")]
    public void Functions(string function)
    {
        var (privileges, faults) = Read(JsonSerializer.Serialize(new { functions = new[] { function } }));

        Assert.That(faults.Select(fault => fault.Path), Is.EqualTo(new[] { "grants/g/settings/functions/0" }));
        Assert.That(privileges, Is.Empty);
    }

    [TestCase("""{ "tables": { "public.t": ["ALL"] } }""", "tables/public.t")]
    [TestCase("""{ "tables": { "public.t": ["select"] } }""", "tables/public.t")]
    [TestCase("""{ "tables": { "public.t": ["SELECT", "SELECT"] } }""", "tables/public.t")]
    [TestCase("""{ "tables": { "public.t": [] } }""", "tables/public.t")]
    [TestCase("""{ "tables": { "public.t": ["TRIGGER"] } }""", "tables/public.t")]
    [TestCase("""{ "tables": { "pg_catalog.pg_authid": ["SELECT"] } }""", "tables/pg_catalog.pg_authid")]
    [TestCase("""{ "tables": { "information_schema.tables": ["SELECT"] } }""", "tables/information_schema.tables")]
    [TestCase("""{ "tables": ["public.t"] }""", "tables")]
    [TestCase("""{ "sequences": { "public.s": ["DELETE"] } }""", "sequences/public.s")]
    [TestCase("""{ "columns": { "public.t": { "DELETE": ["id"], "SELECT": ["id"] } } }""", "columns/public.t/DELETE")]
    [TestCase("""{ "columns": { "public.t": { "SELECT": [] } } }""", "columns/public.t/SELECT")]
    [TestCase("""{ "columns": { "public.t": {} } }""", "columns/public.t")]
    [TestCase("""{ "functions": ["pg_catalog.pg_read_file(text)"] }""", "functions/0")]
    public void What_is_no_everyday_privilege_is_refused(string settings, string path) =>
        Assert.That(Read(settings).Faults.Select(fault => fault.Path), Is.EqualTo(new[] { $"grants/g/settings/{path}" }));

    [Test]
    public void Dangerous_privileges_are_allowed_where_the_grant_says_so()
    {
        var settings = """{ "tables": { "public.t": ["TRIGGER"], "pg_catalog.pg_authid": ["SELECT"] } }""";

        Assert.That(Read(settings, allowDangerous: true).Faults, Is.Empty);
    }

    private static (IReadOnlyList<ObjectPrivilege> Privileges, IReadOnlyList<CatalogFault> Faults) Read(string settings, bool allowDangerous = false)
    {
        var faults = new CatalogFaults();
        var reader = new SettingsReader(JsonDocument.Parse(settings).RootElement, "grants/g/settings", faults);
        return (new PrivilegesReader(reader, allowDangerous).Read(), faults.All);
    }
}
