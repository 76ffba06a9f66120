using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>A broker, as orchestration code uses it. Thread-safe; one for the whole process.</summary>
/// <example>
/// <code>
/// await using var task = await broker.StartTaskAsync("reconcile the invoices of May");
/// await using var lease = await task.AcquireAsync("read", "invoices-api/invoices");
/// // use lease.Secret until lease.Lost is cancelled
/// task.Succeed();
/// </code>
/// </example>
public sealed class SecretsBrokerClient : IDisposable
{
    private const string IdAlphabet = "0123456789abcdefghijklmnopqrstuv";

    private readonly BrokerConnection _connection;

    /// <exception cref="ArgumentException">The options cannot be used.</exception>
    public SecretsBrokerClient(SecretsBrokerOptions options)
        : this(options, TimeProvider.System)
    {
    }

    internal SecretsBrokerClient(SecretsBrokerOptions options, TimeProvider time) =>
        _connection = new BrokerConnection(options, time);

    /// <summary>Opens a task and its lifeline.</summary>
    /// <param name="purpose">What the work is for; 1 to 500 characters.</param>
    /// <param name="options">What else there is to say of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SecretsBrokerException">It could not be opened.</exception>
    public async Task<BrokerTask> StartTaskAsync(
        string purpose, TaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new TaskOptions();
        var request = new StartTaskRequest
        {
            // Chosen here, so that a repeated call finds the task that the first one opened.
            TaskId = options.Id ?? NewId("t-"),
            Purpose = purpose,
            Initiator = options.Initiator,
            InitiatorToken = options.InitiatorToken ?? "",
            Lifetime = options.Lifetime?.ToDuration(),
            Scope = options.Scope?.ToMessage(),
            DelegationId = options.DelegationId ?? "",
        };
        request.Labels.Add(options.Labels);
        var response = await _connection.CallAsync(
            call => _connection.Tasks.StartTaskAsync(request, call), cancellationToken);
        var task = new BrokerTask(_connection, response.Task);
        try
        {
            await task.OpenLifelineAsync(cancellationToken);
            return task;
        }
        catch
        {
            await task.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs work as a task: succeeded when it returns, failed when it throws, aborted when it throws because it is cancelled.</summary>
    /// <param name="purpose">What the work is for; 1 to 500 characters.</param>
    /// <param name="work">The work; stop it when <see cref="BrokerTask.Ended"/> is cancelled.</param>
    /// <param name="options">What else there is to say of the task.</param>
    /// <param name="cancellationToken">Cancels the work, if it looks at it.</param>
    /// <exception cref="SecretsBrokerException">The task could not be opened, or its success could not be told.</exception>
    public Task RunTaskAsync(
        string purpose, Func<BrokerTask, Task> work, TaskOptions? options = null, CancellationToken cancellationToken = default) =>
        RunTaskAsync(
            purpose,
            async task =>
            {
                await work(task);
                return true;
            },
            options,
            cancellationToken);

    /// <inheritdoc cref="RunTaskAsync(string, Func{BrokerTask, Task}, TaskOptions?, CancellationToken)"/>
    /// <returns>What the work returns.</returns>
    public async Task<T> RunTaskAsync<T>(
        string purpose, Func<BrokerTask, Task<T>> work, TaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        await using var task = await StartTaskAsync(purpose, options, cancellationToken);
        T result;
        try
        {
            result = await work(task);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await task.AbortAsync();
            throw;
        }

        await task.CompleteAsync(TaskOutcome.Succeeded, CancellationToken.None);
        return result;
    }

    /// <summary>Closes the connections. Dispose tasks first: those that are still open are lost after the grace period.</summary>
    public void Dispose() => _connection.Dispose();

    internal static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString(IdAlphabet, 20);
}
