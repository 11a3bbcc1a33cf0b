// The SwiftUI client of the Python FastAPI Chat Backend's README, and a conversation of two of them. Needs macOS (Combine).
//
// swiftc -parse-as-library examples/rooms/Client.swift -o /tmp/rooms-client && /tmp/rooms-client [url]

import Combine
import Foundation

enum Parley {
    static let url = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:8000"
    static let socketUrl = "ws" + String(url.dropFirst("http".count))
}

// MARK: 1. Authentication Flow

// Register user
func registerUser(username: String, password: String) async throws {
    let url = URL(string: "\(Parley.url)/api/auth/signup")!
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")

    let body = ["username": username, "password": password]
    request.httpBody = try JSONSerialization.data(withJSONObject: body)

    let (_, response) = try await URLSession.shared.data(for: request)
    guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw Failure.notRegistered(username) }
}

// Login
func login(username: String, password: String) async throws -> String {
    let url = URL(string: "\(Parley.url)/api/auth/login")!
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")

    let body = ["username": username, "password": password]
    request.httpBody = try JSONSerialization.data(withJSONObject: body)

    let (data, _) = try await URLSession.shared.data(for: request)
    let response = try JSONDecoder().decode(LoginResponse.self, from: data)
    return response.accessToken
}

// MARK: 2. WebSocket Connection

class ChatWebSocket: ObservableObject {
    private var webSocketTask: URLSessionWebSocketTask?
    @Published var messages: [ChatMessage] = []

    func connect(roomId: Int, token: String) {
        let url = URL(string: "\(Parley.socketUrl)/ws/chat/\(roomId)?token=\(token)")!
        webSocketTask = URLSession.shared.webSocketTask(with: url)
        webSocketTask?.resume()

        receiveMessage()
    }

    func sendMessage(_ content: String) {
        let message = [
            "type": "message",
            "content": content,
        ]

        let data = try! JSONSerialization.data(withJSONObject: message)
        webSocketTask?.send(.data(data)) { error in
            if let error = error {
                print("Error sending message: \(error)")
            }
        }
    }

    private func receiveMessage() {
        webSocketTask?.receive { [weak self] result in
            switch result {
            case .success(let message):
                switch message {
                case .data(let data):
                    if let chatMessage = try? JSONDecoder().decode(ChatMessage.self, from: data) {
                        DispatchQueue.main.async {
                            self?.messages.append(chatMessage)
                        }
                    }
                case .string(let text):
                    if let data = text.data(using: .utf8),
                       let chatMessage = try? JSONDecoder().decode(ChatMessage.self, from: data) {
                        DispatchQueue.main.async {
                            self?.messages.append(chatMessage)
                        }
                    }
                @unknown default:
                    break
                }
                self?.receiveMessage()
            case .failure(let error):
                print("WebSocket error: \(error)")
            }
        }
    }
}

// MARK: 3. Data Models

struct LoginResponse: Codable {
    let accessToken: String
    let tokenType: String

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
    }
}

struct ChatMessage: Codable {
    let type: String
    let roomId: Int
    let sender: String
    let message: String
    let timestamp: String

    enum CodingKeys: String, CodingKey {
        case type
        case roomId = "room_id"
        case sender
        case message
        case timestamp
    }
}

struct ChatRoom: Codable {
    let id: Int
    let name: String
    let createdAt: String

    enum CodingKeys: String, CodingKey {
        case id
        case name
        case createdAt = "created_at"
    }
}

// MARK: Two of them

enum Failure: Error {
    case notRegistered(String)
    case notSeen(String)
}

func createRoom(name: String, token: String) async throws -> ChatRoom {
    let url = URL(string: "\(Parley.url)/api/rooms")!
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try JSONSerialization.data(withJSONObject: ["name": name])
    let (data, _) = try await URLSession.shared.data(for: request)
    return try JSONDecoder().decode(ChatRoom.self, from: data)
}

func history(of room: ChatRoom, token: String) async throws -> [ChatMessage] {
    let url = URL(string: "\(Parley.url)/api/messages/\(room.id)")!
    var request = URLRequest(url: url)
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    let (data, _) = try await URLSession.shared.data(for: request)
    return try JSONDecoder().decode([ChatMessage].self, from: data)
}

@MainActor
func waitUntil(_ seen: String, _ holds: () -> Bool) async throws {
    let deadline = Date().addingTimeInterval(10)
    while !holds() {
        guard Date() < deadline else { throw Failure.notSeen(seen) }
        try await Task.sleep(nanoseconds: 20_000_000)
    }
    print("✓ \(seen)")
}

@main
struct Example {
    @MainActor
    static func main() async {
        do {
            try await twoInARoom()
        } catch {
            FileHandle.standardError.write(Data("That did not work at \(Parley.url): \(error)\n".utf8))
            exit(1)
        }
    }

    @MainActor
    static func twoInARoom() async throws {
        let run = UUID().uuidString.prefix(8)
        var tokens: [String] = []
        for username in ["user1-\(run)", "user2-\(run)"] {
            try await registerUser(username: username, password: "password123")
            tokens.append(try await login(username: username, password: "password123"))
        }
        let room = try await createRoom(name: "My New Room", token: tokens[0])

        let (first, second) = (ChatWebSocket(), ChatWebSocket())
        first.connect(roomId: room.id, token: tokens[0])
        second.connect(roomId: room.id, token: tokens[1])
        // The README's client shows what has its five fields: not its own greeting, but who joins after it.
        try await waitUntil("both are in the room") {
            (first.messages + second.messages).contains { $0.type == "user_joined" }
        }

        first.sendMessage("Hello, world!")
        try await waitUntil("user2 received the message") { second.messages.contains { $0.message == "Hello, world!" } }

        let kept = try await history(of: room, token: tokens[1])
        guard kept.contains(where: { $0.message == "Hello, world!" }) else { throw Failure.notSeen("the history") }
        print("✓ the history has the message")
    }
}
