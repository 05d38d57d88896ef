import Foundation

/// Where Parley keeps what belongs to a user: `$PARLEY_HOME`, or `.parley` in the home folder. The home folder is `$HOME`,
/// as for other programs (containers, `sudo -H` and services set it); only without it the one of the user database.
package enum HomeFolder {
  /// The folder as the environment of this process says it.
  package static var path: String { path(ProcessInfo.processInfo.environment) }

  static func path(_ environment: [String: String]) -> String {
    if let own = environment["PARLEY_HOME"], !own.isEmpty { return own }
    if let home = environment["HOME"], home.hasPrefix("/") { return (home.count > 1 ? home : "") + "/.parley" }
    return NSHomeDirectory() + "/.parley"
  }
}
