using Amazon.Runtime;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>How AWS is spoken to: directly, without redirections, and with answers of a size that can be.</summary>
internal sealed class AwsHttp : HttpClientFactory, IDisposable
{
    private const int MaxAnswerBytes = 256 * 1024;

    private readonly HttpClient _client = ApiHandler.CreateClient(new BoundedAnswers { InnerHandler = ApiHandler.Create() }, MaxAnswerBytes);

    public HttpClient Client => _client;

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private sealed class BoundedAnswers : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var attempts = AwsAttempts.Current;
            attempts?.Begin();
            var response = await SendAsync(request, attempts, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
                attempts?.Answered(response);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }

        private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, AwsAttempts? attempts, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                attempts?.Failed(e);
                throw;
            }
        }
    }
}
