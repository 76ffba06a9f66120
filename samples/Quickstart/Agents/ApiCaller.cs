using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Samples.TargetService;

namespace SecretsBroker.Samples.Quickstart.Agents;

/// <summary>Calls the invoices API with a certificate and a token; over one connection, as agents do.</summary>
internal sealed class ApiCaller : IDisposable
{
    private static readonly TimeSpan RefusedWithin = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http;

    public ApiCaller(InvoicesApi api, X509Certificate2 certificate, string token)
    {
        _http = new HttpClient(api.CreateHandler(certificate)) { BaseAddress = api.Address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <returns>The invoices as the API lists them.</returns>
    /// <exception cref="StoryException">It was not served.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(new Uri("/invoices", UriKind.Relative), cancellationToken);
        Expect.That(response.StatusCode == HttpStatusCode.OK, "the API serves the call", $"it answers {Describe(response.StatusCode)}");
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        Expect.That(body.Contains("4711", StringComparison.Ordinal), "the API lists invoice 4711", body);
        return body;
    }

    /// <summary>Repeats the call until it is refused.</summary>
    /// <returns>With what.</returns>
    /// <exception cref="StoryException">It is served for too long.</exception>
    public async Task<string> UntilRefusedAsync(CancellationToken cancellationToken)
    {
        var refusal = "";
        await Expect.UntilAsync(
            async () =>
            {
                using var response = await _http.GetAsync(new Uri("/invoices", UriKind.Relative), cancellationToken);
                var status = response.StatusCode;
                var refused = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
                Expect.That(
                    refused || status == HttpStatusCode.OK, "the API serves the call or refuses it", $"it answers {Describe(status)}");
                refusal = Describe(status);
                return refused;
            },
            "the API refuses the call",
            RefusedWithin,
            cancellationToken);
        return refusal;
    }

    public void Dispose() => _http.Dispose();

    private static string Describe(HttpStatusCode status) => $"{(int)status} {status}";
}
