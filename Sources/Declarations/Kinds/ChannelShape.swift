// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension ObjectShape {
    /// One of the Repository's `channels`.
    static let channel = ObjectShape(
        [
            Field("webhook", .object(webhook), "Messages are posted to an address, signed."),
            Field("mail", .object(mail), "Messages are mailed by the gateway's own sendmail."),
            Field(
                "command", .texts(.word, atLeast: 1),
                "Argv of a program of the gateway that gets each message as JSON on standard input. It is nobody else's to name, as the commands are."
            ),
            Field("timeout", .text(.wholeSeconds), default: "30s", "How long one delivery may take."),
        ], oneOf: [["webhook"], ["mail"], ["command"]])

    private static let webhook = ObjectShape(
        [
            Field("url", .text(.webURL), "Where to: https, or http to a loopback address. Redirects are not followed."),
            Field(
                "urlFile", .text(.gatewayPath),
                "Instead: a file of the gateway that holds the URL, for chat services whose URLs are secrets. Mode 0600."
            ),
            Field(
                "secretFile", .text(.gatewayPath),
                "A file of the gateway with the key that signs what is sent (HMAC-SHA256): at least 16 bytes, mode 0600."
            ),
            Field(
                "body", .word(["json", "chat"]), default: "json",
                "What is sent: the message as JSON, or for a chat service one member with a text."),
            Field(
                "textField", .text(.word), default: "text",
                "What a chat service calls that member: text, content …"),
            Field(
                "trustRoots", .texts(.repositoryPath),
                "PEM files of this repository that the server's chain must end in; without: the host's own."),
        ], oneOf: [["url"], ["urlFile"]])

    private static let mail = ObjectShape(
        [
            Field("to", .texts(.email, atLeast: 1), "Who gets every message."),
            Field(
                "approvers", .onlyTrue,
                "Instead: whoever could sign what waits gets that, and nothing else, at the first of their e-mails."),
            Field("from", .text(.email), required: true, "The sender, in the message and on its envelope."),
            Field(
                "sendmail", .texts(.word, atLeast: 1), default: ["/usr/sbin/sendmail"],
                "Argv of a program that takes sendmail's options -i and -f, recipients after --, and the message on standard input."
            ),
        ], oneOf: [["to"], ["approvers"]])
}

extension ChannelSpec {
    init(_ fields: RawFields) throws(SpecError) {
        let target: Target
        if let raw = try fields.childIfAny("webhook") {
            target = .webhook(try Webhook(raw))
        } else if let raw = try fields.childIfAny("mail") {
            target = .mail(
                Mail(
                    recipients: raw.has("to") ? .addresses(try raw.texts("to")) : .approvers,
                    from: try raw.text("from"), program: try raw.texts("sendmail", default: Mail.sendmail)))
        } else {
            guard fields.has("command") else { throw fields.wrong("command") }
            target = .command(try fields.texts("command"))
        }
        self.init(target, timeout: try fields.secondsIfAny("timeout") ?? Self.patience)
    }
}

extension ChannelSpec.Webhook {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        let address: Address
        if let path = try fields.textIfAny("urlFile") {
            address = .file(path)
        } else {
            guard let url = WebAddress(try fields.text("url")) else { throw fields.wrong("url") }
            address = .declared(url)
        }
        let isChat = try fields.textIfAny("body") == "chat"
        self.init(
            address: address, secretFile: try fields.textIfAny("secretFile"),
            body: isChat ? .chat(field: try fields.textIfAny("textField") ?? "text") : .json,
            trustRoots: try fields.texts("trustRoots"))
    }
}
