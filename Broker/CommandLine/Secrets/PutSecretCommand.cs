using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.V1;
using Secret = SecretsBroker.Engines.Secret;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret put</c>.</summary>
internal static class PutSecretCommand
{
    /// <summary>Written as a JSON text, a value may be six times as long.</summary>
    private const int MaxInput = 6 * SecretFields.MaxBytes;

    public static Command Create()
    {
        var (target, name, remote) = (SecretCommand.Target(), SecretCommand.Name(), new RemoteOptions());
        var file = new Option<FileInfo?>("--file")
        {
            Description = "File with the value; the standard input by default.",
            HelpName = "FILE",
        };
        var field = new Option<string?>("--field")
        {
            Description = "What is read, without its last line end, is the value of this one field. By default it is a JSON object of texts.",
            HelpName = "NAME",
        };
        var expected = new Option<int?>("--expect")
        {
            Description = "Only if this version is current; 0 when there must be none.",
            HelpName = "VERSION",
        };
        var command = new Command(
            "put",
            """
            Have a running broker keep a value that the target has now, as the next version of a secret. It is read from the standard input or a file,
            encrypted, and handed out from now on.

            Example: broker secret put crm crm-login --file value.json --address https://broker.example:7443 --token-file token
            """)
        {
            target,
            name,
            file,
            field,
            expected,
        };
        remote.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var value = await ReadAsync(parsed.GetValue(file), parsed.GetValue(field), cancellationToken);
            if (value is null)
            {
                Output.Faults("Nothing was put:", [$"the value {SecretFields.Rule}; or the file cannot be read"]);
                return BrokerCommand.Faulty;
            }

            var request = new PutSecretRequest
            {
                Target = parsed.GetRequiredValue(target),
                Name = parsed.GetRequiredValue(name),
                // No copy: zeroed with the value.
                Value = UnsafeByteOperations.UnsafeWrap(value.Memory),
            };
            if (parsed.GetValue(expected) is { } version)
            {
                request.ExpectedVersion = version;
            }

            return await remote.RunAsync(parsed, (broker, cancelled) => RunAsync(broker, request, cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(RemoteBroker broker, PutSecretRequest request, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new SecretService.SecretServiceClient(channel).PutSecretAsync(request, options), cancellationToken);
        Output.Good($"Version {answer.Version} of {request.Name} at {request.Target} is handed out from now on.");
        return BrokerCommand.Success;
    }

    /// <returns>Null when it cannot be read, or is no value.</returns>
    private static async Task<Secret?> ReadAsync(FileInfo? file, string? field, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxInput];
        try
        {
            await using var stream = file is null ? Console.OpenStandardInput() : file.OpenRead();
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            using var json = new WipedBuffer();
            if (length == buffer.Length || !TryWrite(json, buffer.AsSpan(0, length), field))
            {
                return null;
            }

            using var fields = SecretFields.TryRead(json.Written);
            return fields is null ? null : new Secret(json.Written.ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static bool TryWrite(WipedBuffer json, ReadOnlySpan<byte> read, string? field)
    {
        if (field is null)
        {
            read.CopyTo(json.GetSpan(read.Length));
            json.Advance(read.Length);
            return true;
        }

        read = read.EndsWith("\r\n"u8) ? read[..^2] : read.EndsWith("\n"u8) ? read[..^1] : read;
        if (!SecretFields.IsName(field) || !Utf8.IsValid(read))
        {
            return false;
        }

        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteString(field, read);
        writer.WriteEndObject();
        return true;
    }
}
