using System.Net;
using System.Net.Http.Headers;

namespace SecretsBroker.Tests.Samples;

/// <summary>Requests to a <see cref="NodeResourceServer"/>: for the invoices, unless it is said otherwise.</summary>
internal static class InvoiceRequests
{
    public static async Task<HttpStatusCode> StatusAsync(this HttpClient caller, string token)
    {
        using var response = await caller.CallAsync(token);
        return response.StatusCode;
    }

    public static Task<HttpResponseMessage> CallAsync(this HttpClient caller, string token, HttpMethod? method = null, string path = "/invoices") =>
        caller.CallAsync(new AuthenticationHeaderValue("Bearer", token), method, path);

    /// <param name="caller">Of <see cref="NodeResourceServer.Connect"/>.</param>
    /// <param name="authorization">Null for none.</param>
    public static async Task<HttpResponseMessage> CallAsync(
        this HttpClient caller, AuthenticationHeaderValue? authorization, HttpMethod? method = null, string path = "/invoices")
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Authorization = authorization;
        return await caller.SendAsync(request);
    }
}
