using SecretsBroker.CommandLine;

return await BrokerCommand.Create().Parse(args).InvokeAsync();
