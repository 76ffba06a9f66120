using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Catalog;

internal sealed class InlineSecretsTests
{
    [Test]
    public void Things_at_a_target_may_be_named_like_a_secret() =>
        Assert.That(Find("""{ "tables": { "public.access_token": ["SELECT"] }, "columns": { "public.secret": { "SELECT": ["password"] } } }"""), Is.Empty);

    [TestCase("""{ "password": "hunter2" }""", "settings/password")]
    [TestCase("""{ "tokens": { "token": ["hunter2"] } }""", "settings/tokens/token/0")]
    [TestCase("""{ "session_settings": { "app.password": "hunter2" } }""", "settings/session_settings/app.password")]
    [TestCase("""{ "public.secret": { "password": "hunter2" } }""", "settings/public.secret/password")]
    public void Value_under_the_name_of_a_secret_is_found(string settings, string path) =>
        Assert.That(Find(settings), Is.EqualTo(new[] { path }));

    private static IEnumerable<string> Find(string settings) =>
        InlineSecrets.Find(JsonDocument.Parse(settings).RootElement, "settings");
}
