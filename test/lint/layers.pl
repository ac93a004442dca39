# Checks that a file includes only what stands above it in the list of layers.
#
# The list has a line per layer, bottom first: one module (plugin/NAME or relay/NAME, that is NAME.c and NAME.h), or
# several that call each other.  A module may include its own header, those of its layer, and those of layers above it
# in the list on its side; the relay may include plugin/frame_format.h and plugin/option_table.def, which both share.
use strict;
use warnings;

my ($list) = @ARGV;
my (%place, $n);
open my $in, '<', $list or die "$list: $!\n";
while (<$in>)
{
    s/#.*//;
    $n++;
    for (split)
    {
        print "$list:$.: \"$_\" is listed twice\n" if $place{$_};
        $place{$_} = $n;
    }
}
close $in;

my %seen;
for my $file (sort glob 'plugin/*.[ch] relay/*.[ch]')
{
    my ($module) = $file =~ m{^(.*)\.[ch]$};
    $seen{$module} = 1;
    if (!$place{$module}) { print "$file: not listed in $list\n"; next }
    open my $source, '<', $file or die "$file: $!\n";
    while (<$source>)
    {
        next unless /^\s*#\s*include\s+"([^"]+)"/;
        my $included = $1;
        my ($side) = $module =~ m{^(\w+)/};
        my $path = $included =~ m{^\.\./(plugin/.*)} ? $1 : "$side/$included";
        next if $path =~ m{^plugin/\w+_table\.def$} || !-e $path;
        my $other = $path =~ s/\.h$//r;
        next if $other eq $module || $other eq 'plugin/frame_format';
        if ($other !~ m{^$side/}) { print "$file:$.: includes \"$included\" of the other side\n" }
        elsif (!$place{$other}) { print "$file:$.: \"$included\" is not listed in $list\n" }
        elsif ($place{$other} > $place{$module}) { print "$file:$.: includes \"$included\", which stands below it in $list\n" }
    }
    close $source;
}
for (sort keys %place) { print "$list: \"$_\" does not exist\n" unless $seen{$_} }
