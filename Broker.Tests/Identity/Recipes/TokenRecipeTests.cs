using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity.Recipes;

/// <summary>The recipes of <c>docs/token-recipes.md</c> with tokens of the shape that their issuers give, and their traps.</summary>
internal sealed class TokenRecipeTests
{
    private const string Kubernetes =
        """
        {
          "sub": "system:serviceaccount:payments:agent", "nbf": 0, "jti": "4f8c1a2e-0000-4000-8000-000000000001",
          "kubernetes.io": {
            "namespace": "payments",
            "node": { "name": "node-1", "uid": "5b9e0000-0000-4000-8000-000000000002" },
            "pod": { "name": "agent-7d9c5", "uid": "9c1d0000-0000-4000-8000-000000000003" },
            "serviceaccount": { "name": "agent", "uid": "1d2e0000-0000-4000-8000-000000000004" }
          }
        }
        """;

    private const string GitHub =
        """
        {
          "jti": "example-id", "sub": "repo:octo-org/octo-repo:environment:prod", "environment": "prod", "ref": "refs/heads/main",
          "sha": "example-sha", "repository": "octo-org/octo-repo", "repository_owner": "octo-org", "actor_id": "12",
          "repository_visibility": "private", "repository_id": "74", "repository_owner_id": "65", "run_id": "example-run-id",
          "run_number": "10", "run_attempt": "2", "runner_environment": "github-hosted", "actor": "octocat", "workflow": "deploy",
          "head_ref": "", "base_ref": "", "event_name": "workflow_dispatch", "ref_type": "branch",
          "job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main"
        }
        """;

    private const string Entra =
        """
        {
          "nbf": 0, "aio": "example", "azp": "77777777-0000-4000-8000-00000000cccc", "azpacr": "2", "idtyp": "app",
          "oid": "99999999-0000-4000-8000-00000000dddd", "rh": "example", "sub": "99999999-0000-4000-8000-00000000dddd",
          "tid": "8d1f1a2b-0000-4000-8000-00000000aaaa", "uti": "example", "ver": "2.0"
        }
        """;

    private const string Aws =
        """
        {
          "sub": "arn:aws:iam::123456789012:role/DataProcessingRole", "jti": "example-id",
          "https://sts.amazonaws.com/": {
            "aws_account": "123456789012", "source_region": "us-east-1", "org_id": "o-abc1234567",
            "principal_id": "arn:aws:iam::123456789012:role/DataProcessingRole",
            "principal_tags": { "agent": "data-processing", "team": "data" }, "request_tags": { "agent": "admin" }
          }
        }
        """;

    private const string Gcp =
        """
        {
          "azp": "106000000000000000001", "email": "agent@project.iam.gserviceaccount.com", "email_verified": true,
          "sub": "106000000000000000001"
        }
        """;

    [Test]
    public async Task Kubernetes_service_account_is_known_by_namespace_and_name()
    {
        using var recipe = new TokenRecipe("kubernetes");

        Assert.That(await recipe.TryAsync(Kubernetes), Is.EqualTo(
            "spiffe://example.org/ns/payments/sa/agent pod=agent-7d9c5 service_account_uid=1d2e0000-0000-4000-8000-000000000004"));
        Assert.That(
            await recipe.TryAsync(Kubernetes, token => token["aud"] = new JsonArray("https://kubernetes.default.svc")), Is.EqualTo("AudienceRefused"));
        Assert.That(await recipe.TryAsync(Kubernetes, token => token["iss"] = "https://other.example.org"), Is.EqualTo("IssuerUnknown"));
        Assert.That(await recipe.TryAsync(Kubernetes, token => token.Remove("kubernetes.io")), Is.EqualTo("WorkloadClaimMissing"));
    }

    [Test]
    public async Task GitHub_job_is_known_by_the_ids_of_its_repository_and_its_environment()
    {
        using var recipe = new TokenRecipe("github");
        const string Job = "spiffe://example.org/github/74/prod "
            + "ref=refs/heads/main workflow=octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main";

        Assert.That(await recipe.TryAsync(GitHub), Is.EqualTo(Job));
        Assert.That(await recipe.TryAsync(GitHub, Rename), Is.EqualTo(Job), "renamed");
        Assert.That(await recipe.TryAsync(GitHub, token => token["repository_owner_id"] = "66"), Is.EqualTo("RequiredClaimRefused"), "the name, taken over");
        Assert.That(await recipe.TryAsync(GitHub, token => token.Remove("environment")), Is.EqualTo("WorkloadClaimMissing"));
        Assert.That(await recipe.TryAsync(GitHub, token => token["environment"] = "prod/../x"), Is.EqualTo("WorkloadClaimRefused"));
        Assert.That(await recipe.TryAsync(GitHub, token => token["aud"] = "https://github.com/octo-org"), Is.EqualTo("AudienceRefused"));

        static void Rename(JsonObject token)
        {
            token["sub"] = "repo:new-name/octo-repo:environment:prod";
            token["repository"] = "new-name/octo-repo";
            token["repository_owner"] = "new-name";
        }
    }

    [Test]
    public async Task Entra_app_is_known_by_its_id_in_one_tenant()
    {
        using var recipe = new TokenRecipe("entra");

        Assert.That(await recipe.TryAsync(Entra), Is.EqualTo(
            "spiffe://example.org/entra/77777777-0000-4000-8000-00000000cccc object_id=99999999-0000-4000-8000-00000000dddd"));
        Assert.That(
            await recipe.TryAsync(Entra, token => token["iss"] = recipe.Issuer.Replace("8d1f1a2b", "00000000", StringComparison.Ordinal)),
            Is.EqualTo("IssuerUnknown"), "another tenant");
        Assert.That(
            await recipe.TryAsync(Entra, token => token["tid"] = "00000000-0000-4000-8000-00000000aaaa"), Is.EqualTo("RequiredClaimRefused"));
        Assert.That(await recipe.TryAsync(Entra, token => token["idtyp"] = "user"), Is.EqualTo("RequiredClaimRefused"), "a person");
        Assert.That(await recipe.TryAsync(Entra, token => token.Remove("idtyp")), Is.EqualTo("RequiredClaimRefused"));
        Assert.That(
            await recipe.TryAsync(Entra, token => token["iss"] = "https://sts.windows.net/8d1f1a2b-0000-4000-8000-00000000aaaa/"),
            Is.EqualTo("IssuerUnknown"), "version 1");
        Assert.That(await recipe.TryAsync(Entra, token => token["aud"] = "api://" + recipe.Audience), Is.EqualTo("AudienceRefused"));
    }

    [Test]
    public async Task Aws_role_is_known_by_its_account_and_its_tag()
    {
        using var recipe = new TokenRecipe("aws");

        Assert.That(await recipe.TryAsync(Aws), Is.EqualTo(
            "spiffe://example.org/aws/123456789012/data-processing role=arn:aws:iam::123456789012:role/DataProcessingRole"));
        Assert.That(
            await recipe.TryAsync(Aws, token => token["https://sts.amazonaws.com/"]!["aws_account"] = "210987654321"),
            Is.EqualTo("RequiredClaimRefused"));
        Assert.That(
            await recipe.TryAsync(Aws, token => token["https://sts.amazonaws.com/"]!.AsObject().Remove("principal_tags")),
            Is.EqualTo("WorkloadClaimMissing"), "a request tag stands for nothing");
        Assert.That(
            await recipe.TryAsync(Aws, token => token["https://sts.amazonaws.com/"]!["principal_tags"]!["agent"] = "a/b"),
            Is.EqualTo("WorkloadClaimRefused"));
    }

    [Test]
    public async Task Gcp_service_account_is_known_by_its_number()
    {
        using var recipe = new TokenRecipe("gcp");
        const string Agent = "spiffe://example.org/gcp/106000000000000000001";

        Assert.That(await recipe.TryAsync(Gcp), Is.EqualTo($"{Agent} email=agent@project.iam.gserviceaccount.com"));
        Assert.That(
            await recipe.TryAsync(Gcp, token => token["sub"] = "107000000000000000002"),
            Does.StartWith("spiffe://example.org/gcp/107000000000000000002 "), "the same address, given again");
        Assert.That(await recipe.TryAsync(Gcp, token => token["email_verified"] = false), Is.EqualTo("RequiredClaimRefused"));
        Assert.That(await recipe.TryAsync(Gcp, token => token["aud"] = "32555940559.apps.googleusercontent.com"), Is.EqualTo("AudienceRefused"));
    }
}
