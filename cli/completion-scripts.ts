/** What a shell has to know: it asks `aside __complete` with the words typed so far, and is given one candidate a line. */

const bash = `# Aside, completion for bash:  source <(aside completion bash)
_aside_complete() {
  local line files='' i colon
  local -a typed=()
  # Bash takes https://a.example for three words: they are put together, and what stands before the last colon is not offered again.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    line="\${COMP_WORDS[i]}"
    if [[ $COMP_WORDBREAKS == *:* && \${#typed[@]} -gt 0 && ($line == :* || \${typed[-1]} == *:) ]]; then typed[-1]+="$line"
    else typed+=("$line")
    fi
  done
  local word="\${typed[-1]}"
  [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && colon="\${word%:*}:"
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    if [[ $line == ':files' ]]; then files=1
    elif [[ -n $line ]]; then COMPREPLY+=("$(printf '%q' "\${line#"$colon"}")")
    fi
  done < <("\${COMP_WORDS[0]}" __complete -- "\${typed[@]}" 2>/dev/null)
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _aside_complete aside
`

const zsh = `#compdef aside
# Aside, completion for zsh:  source <(aside completion zsh)
_aside() {
  local line word
  local -a found
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then _files; return; fi
    word="\${line%%$'\\t'*}"
    [[ -n $word ]] && found+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  _describe 'aside' found
}
if [[ \${funcstack[1]} == _aside ]]; then _aside "$@"; else compdef _aside aside; fi
`

const fish = `# Aside, completion for fish:  aside completion fish | source
function __aside_complete
    set -l words (commandline -opc)
    set -l found ($words[1] __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
    if test "$found[1]" = ':files'
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c aside -f -a '(__aside_complete)'
`

export const scripts = { bash, zsh, fish }
