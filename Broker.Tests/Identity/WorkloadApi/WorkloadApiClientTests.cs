using System.Net.Sockets;
using Grpc.Core;
using SecretsBroker.Identity.WorkloadApi;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

internal sealed class WorkloadApiClientTests
{
    [Test]
    public async Task Stream_of_an_agent_that_hangs_breaks()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "agent.sock");
        // Connects whoever comes, as the system does for a process that is stopped, and answers nothing.
        using var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        agent.Bind(new UnixDomainSocketEndPoint(path));
        agent.Listen();
        using var client = new WorkloadApiClient(path, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));

        using var bundles = client.FetchCertificates(limit.Token);
        var broken = await Assert.ThrowsAsync<RpcException>(() => bundles.ResponseStream.MoveNext(CancellationToken.None))!;

        Assert.That(limit.IsCancellationRequested, Is.False, broken!.Status.ToString());
    }
}
