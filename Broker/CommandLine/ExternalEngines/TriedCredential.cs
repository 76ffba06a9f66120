using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Engines.Contract;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary>Puts credentials to their use by a program of the engine's author: it reads the fields as JSON from its standard input.</summary>
/// <param name="command">The program and its arguments.</param>
/// <param name="limit">After this it is killed. However it ends, what it started ends with it, but for what has made a session of its own.</param>
internal sealed class TriedCredential(IReadOnlyList<string> command, TimeSpan limit)
{
    /// <summary>The program's exit code where the target refuses the credential; 0 where it lets it in, any other is a failure of the trial.</summary>
    public const int Refused = 3;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="ContractViolationException">The program failed.</exception>
    public async Task<bool> WorksAsync(FieldsCredential credential, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await RunAsync(credential, either.Token) switch
            {
                0 => true,
                Refused => false,
                var other => throw new ContractViolationException($"--try: {command[0]} ended with exit code {other}, which is neither 0 nor {Refused}"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ContractViolationException($"--try: {command[0]} did not end within {limit} and was killed");
        }
    }

    /// <returns>Its exit code.</returns>
    private async Task<int> RunAsync(FieldsCredential credential, CancellationToken cancellationToken)
    {
        using var process = Start();
        try
        {
            await TellAsync(process, credential, cancellationToken).WaitAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
        }
        finally
        {
            // It has the credential.
            await EndAsync(process);
        }

        return process.ExitCode;
    }

    private Process Start()
    {
        var (program, arguments) = CommandSession.Of(command);
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true })!;
        }
        catch (Win32Exception)
        {
            throw new ContractViolationException($"--try: {command[0]} cannot be started");
        }
    }

    private static async Task TellAsync(Process process, FieldsCredential credential, CancellationToken cancellationToken)
    {
        try
        {
            await JsonSerializer.SerializeAsync(
                process.StandardInput.BaseStream,
                credential.Fields.ToDictionary(field => field.Key, field => field.Value.Reveal()),
                cancellationToken: cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not read all of it; its exit code says whether that was meant.
        }
    }

    private async Task EndAsync(Process process)
    {
        if (!await CommandSession.EndAsync(process, EndLimit, TimeProvider.System))
        {
            throw new ContractViolationException($"--try: some of what {command[0]} started could not be ended, and may hold the credential");
        }
    }
}
