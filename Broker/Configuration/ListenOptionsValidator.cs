using System.Net;

namespace SecretsBroker.Configuration;

internal sealed class ListenOptionsValidator : IValidateOptions<ListenOptions>
{
    public ValidateOptionsResult Validate(string? name, ListenOptions options)
    {
        var faults = new List<string>();
        var address = Address(options.Address, nameof(options.Address), faults);
        Address(options.PublishAddress, nameof(options.PublishAddress), faults);
        Port(options.Port, nameof(options.Port), 0, faults);
        Port(options.PublishPort, nameof(options.PublishPort), -1, faults);
        if (options.MaxConnections is < 10 or > 1_000_000)
        {
            faults.Add($"Listen:MaxConnections: must lie between 10 and 1000000, is {options.MaxConnections}");
        }

        if (options.Insecure)
        {
            if (address is not null && !IPAddress.IsLoopback(address))
            {
                faults.Add($"Listen:Insecure: must not be true unless Listen:Address is a loopback address, is '{options.Address}'");
            }
        }
        else if (options.WorkloadApi)
        {
            if (options.CertificateFile.Length + options.KeyFile.Length > 0)
            {
                faults.Add($"Listen:CertificateFile: must be empty where Listen:WorkloadApi is set, is '{options.CertificateFile}'");
            }
        }
        else
        {
            File(options.CertificateFile, nameof(options.CertificateFile), faults);
            File(options.KeyFile, nameof(options.KeyFile), faults);
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IPAddress? Address(string value, string setting, List<string> faults)
    {
        if (IPAddress.TryParse(value, out var address))
        {
            return address;
        }

        faults.Add($"Listen:{setting}: must be an IP address, is '{value}'");
        return null;
    }

    private static void Port(int value, string setting, int minimum, List<string> faults)
    {
        if (value < minimum || value > 65535)
        {
            faults.Add($"Listen:{setting}: must lie between {minimum} and 65535, is {value}");
        }
    }

    private static void File(string value, string setting, List<string> faults)
    {
        if (value.Length == 0 || !System.IO.File.Exists(value))
        {
            faults.Add($"Listen:{setting}: must name a PEM file (or set Listen:WorkloadApi, or Listen:Insecure on a loopback address), is '{value}'");
        }
    }
}
