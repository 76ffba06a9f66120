using Grpc.Core;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>The running broker could not be asked, or refused. The message is a sentence for the person at the command line.</summary>
internal sealed class RemoteException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What the broker answered, or what stands for its silence; null when it was not asked.</summary>
    public StatusCode? StatusCode => (InnerException as RpcException)?.StatusCode;

    /// <summary>The reason in the broker's answer; empty when the broker gave none.</summary>
    public string Reason { get; init; } = "";
}
