using System;
using System.Threading;
using System.Threading.Tasks;

namespace Grpc.Core;

/// <summary>The messages that come in on a call. One <see cref="MoveNext"/> at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that <see cref="MoveNext"/> came to.</summary>
    T Current { get; }

    /// <summary>Waits for the next message; false when there are no more.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>The messages that go out on a call. One write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>For the writes that follow; null means <see cref="WriteOptions.Default"/>.</summary>
    WriteOptions? WriteOptions { get; set; }

    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>; cancelling ends the call.</summary>
    /// <exception cref="NotSupportedException">This writer cannot be cancelled.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("This stream does not support the cancellation of a write.")
        : WriteAsync(message);
}

/// <summary>The requests that a client writes.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests follow.</summary>
    Task CompleteAsync();
}

/// <summary>The responses that a server writes. They are complete when its method returns.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
